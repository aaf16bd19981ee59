"""The other side of a journey: what a clearinghouse and a payer answer to an 837 file that left, as files of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.store.remittance_samples import interchange

_ISA = "ISA*00*          *00*          *ZZ*{receiver:<15}*ZZ*{sender:<15}*261103*1200*^*00501*000000007*0*T*:~"

_PATIENT = "NM1*QC*1*ROE*JANE"


@dataclass(frozen=True)
class Sent:
    """What an answer needs of a file that left: who sent it to whom, its control numbers, claims with their cents."""

    sender: str
    receiver: str
    interchange: str
    group: str
    transaction: str
    claims: dict[str, int]

    @classmethod
    def read(cls, text: str) -> Sent:
        """The file as a payer reads it."""
        segments = [part.strip().split("*") for part in text.split("~")]
        first = {segment[0]: segment for segment in reversed(segments)}
        claims = {one[1]: round(float(one[2]) * 100) for one in segments if one[0] == "CLM"}
        isa = first["ISA"]
        return cls(isa[6].strip(), isa[8].strip(), isa[13], first["GS"][6], first["ST"][2], claims)

    def accepted(self) -> bytes:
        """A 999 that takes the set."""
        body = f"AK1*HC*{self.group}~AK2*837*{self.transaction}~IK5*A~AK9*A*1*1*1~"
        return self._answer("FA", f"ST*999*0001*005010X231A1~{body}SE*6*0001~")

    def status(self, refused: str) -> bytes:
        """A 277CA that takes every claim but one."""
        stated = {number: "A3:21" if number == refused else "A2:20" for number in self.claims}
        claims = "".join(
            f"HL*{place}*3*PT*0~NM1*QC*1*ROE*JANE~TRN*2*{number}~"
            f"STC*{code}*20261103*{'U' if number == refused else 'WQ'}~REF*1K*ICN{number[-3:]}~"
            for place, (number, code) in enumerate(stated.items(), 4)
        )
        body = (
            "BHT*0085*08*X1*20261103*1200*TH~HL*1**20*1~NM1*PR*2*PAYER*****PI*PAYER~TRN*1*T1~HL*2*1*21*1~"
            f"NM1*41*2*US*****46*US~TRN*2*{self.interchange}-{self.transaction}~STC*A1:19:PR*20261103*WQ~HL*3*2*19*1~"
            f"NM1*85*2*CLINIC*****XX*1999990017~TRN*1*P1~{claims}"
        )
        return self._answer("HN", f"ST*277*0001*005010X214~{body}SE*9*0001~")

    def _answer(self, functional_id: str, body: str) -> bytes:
        head = _ISA.format(receiver=self.receiver, sender=self.sender)
        group = f"GS*{functional_id}*{self.receiver}*{self.sender}*20261103*1200*7*X*005010~{body}GE*1*7~"
        return f"{head}{group}IEA*1*000000007~".encode()


def money(cents: int) -> str:
    """Cents as X12 writes them."""
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")


def share(cents: int, patient: int = 0) -> int:
    """What the payer gives for a claim: a tenth is contract, and the patient has a share."""
    return cents - cents // 10 - patient


def paid(number: str, cents: int, patient: int = 0) -> tuple[str, ...]:
    """A claim that is paid but for contract and the patient's share."""
    given = share(cents, patient)
    owes = (f"CAS*PR*3*{money(patient)}",) if patient else ()
    return (
        f"CLP*{number}*1*{money(cents)}*{money(given)}*{money(patient)}*HM*ICN{number[-3:]}",
        f"CAS*CO*45*{money(cents // 10)}",
        *owes,
        _PATIENT,
    )


def reversed_(number: str, cents: int) -> tuple[str, ...]:
    """The same claim taken back, where the patient had no share."""
    return (
        f"CLP*{number}*22*-{money(cents)}*-{money(share(cents))}**HM*ICN{number[-3:]}",
        f"CAS*CO*45*-{money(cents // 10)}",
        _PATIENT,
    )


def denied(number: str, cents: int, group: str, code: str) -> tuple[str, ...]:
    """A claim that nothing is paid for, for one reason."""
    return (
        f"CLP*{number}*4*{money(cents)}*0**HM*ICN{number[-3:]}",
        f"CAS*{group}*{code}*{money(cents)}",
        _PATIENT,
    )


def remittance(trace: str, total: int, *claims: tuple[str, ...], provider: tuple[str, ...] = ()) -> bytes:
    """An 835 of claims and provider-level adjustments (PLB segments); `total` is what the payer pays, in cents."""
    head = (
        f"BPR*I*{money(total)}*C*ACH*CCP*01*999999999*DA*1*1512345678**01*999999999*DA*2*20261103",
        f"TRN*1*{trace}*1512345678",
        "N1*PR*MEDICARE PART B (DEMO)*XV*DEMOMB",
        "N1*PE*PRAIRIE COMMUNITY HEALTH*XX*1999990017",
        "LX*1",
    )
    lines = ["ST*835*0001*005010X221A1", *head, *(line for claim in claims for line in claim), *provider]
    return interchange("".join(f"{line}~" for line in (*lines, f"SE*{len(lines) + 1}*0001")))
