"""Reading TA1, 999 and 277CA: every answer with the place it is about, from files as they really come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from store.x12 import acknowledgments, claim_status
from store.x12.acknowledgments import ElementError, GroupAnswer, InterchangeAnswer
from store.x12.claim_status import ClaimAnswers, Level
from store.x12.tokenizer import Note
from tests.codesets.shared_data import SHARED

ISA = "ISA*00*          *00*          *ZZ*THEM           *ZZ*US             *261103*1200*^*00501*000000007*0*T*:~"
TA1 = f"{ISA}TA1*000000418*261103*1200*R*022~IEA*0*000000007~".encode()
GROUP = (
    f"{ISA}GS*FA*THEM*US*20261103*1200*7*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*418*005010X222A1~"
    "AK2*837*0001~IK5*A~"
    "AK2*837*0002~IK3*CLM*22**8~CTX*CLM01:2026-000001~IK4*5:1*1331*7*ZZ~IK4*2*782*1~IK3*REF*57**3~IK5*R*5~"
    "AK2*837*0003~AK9*P*3*3*1~SE*14*0001~GE*1*7~IEA*1*000000007~"
).encode()
CLAIMS = (
    f"{ISA}GS*HN*THEM*US*20261103*1200*7*X*005010X214~ST*277*0001*005010X214~BHT*0085*08*R1*20261103*1200*TH~"
    "HL*1**20*1~NM1*PR*2*BLUE PLAINS*****PI*BLUEP~TRN*1*T1~"
    "HL*2*1*21*1~NM1*41*2*US*****46*US~TRN*2*000000418-0001~STC*A1:19*20261103*WQ*200~QTY*90*1~QTY*AA*1~AMT*YU*150~"
    "HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1999999984~TRN*1*P1~"
    "HL*4*3*PT~NM1*QC*1*ROE*JANE****MI*M1~TRN*2*2026-000001~STC*A2:20*20261103*WQ*150~REF*1K*ICN1~DTP*472*D8*20261001~"
    "HL*5*3*PT~NM1*QC*1*DOE*JOHN****MI*M2~TRN*2*2026-000002~STC*A7:562:85*20261103*U*50******A6:21~"
    "SVC*HC:G0463*50~STC*A7:454*20261103*U~DTP*472*D8*20261002~"
    "SE*28*0001~GE*1*7~IEA*1*000000007~"
).encode()


def answers(content: bytes) -> list[acknowledgments.Answer]:
    return list(acknowledgments.read(content, []))


def claims(content: bytes) -> ClaimAnswers:
    (found,) = claim_status.read(content, [])
    return found


def test_a_ta1_names_the_interchange_and_the_note_code() -> None:
    (answer,) = answers(TA1)

    assert isinstance(answer, InterchangeAnswer)
    assert (answer.sender, answer.interchange, answer.accepted, answer.code) == ("THEM", "000000418", False, "022")


def test_a_999_answers_each_set_of_the_group() -> None:
    (answer,) = answers(GROUP)

    assert isinstance(answer, GroupAnswer)
    assert (answer.group, answer.answer, answer.received, answer.accepted) == ("418", "P", 3, 1)
    assert [(one.control, one.accepted) for one in answer.sets] == [("0001", True), ("0002", False), ("0003", False)]


def test_an_error_has_the_position_in_the_set_and_every_element_with_its_value() -> None:
    (answer,) = answers(GROUP)

    assert isinstance(answer, GroupAnswer)
    first, second = answer.sets[1].errors
    assert (first.segment_id, first.position, first.code, first.context) == ("CLM", 22, "8", ("CLM01:2026-000001",))
    assert first.elements == (ElementError(5, 1, "7", "ZZ"), ElementError(2, 0, "1", ""))
    assert (second.segment_id, second.position, second.elements) == ("REF", 57, ())


def test_a_999_that_is_cut_off_keeps_what_it_says() -> None:
    notes: list[Note] = []

    (answer,) = acknowledgments.read(GROUP[: GROUP.index(b"AK2*837*0003")], notes)

    assert isinstance(answer, GroupAnswer) and len(answer.sets) == 2
    assert "the 999 is cut off before its SE" in [note.message for note in notes]


def test_a_277ca_has_its_levels_with_status_trace_and_the_payer_s_number() -> None:
    found = claims(CLAIMS)

    assert [level.level for level in found.levels] == [
        Level.SOURCE,
        Level.RECEIVER,
        Level.PROVIDER,
        Level.PATIENT,
        Level.PATIENT,
    ]
    batch, accepted = found.levels[1], found.levels[3]
    assert (batch.trace, batch.quantities, batch.amounts) == (
        "000000418-0001",
        (("90", "1"), ("AA", "1")),
        (("YU", 15_000),),
    )
    assert (accepted.trace, accepted.payer_number, accepted.service_from, accepted.refused) == (
        "2026-000001",
        "ICN1",
        "2026-10-01",
        False,
    )


def test_every_code_triple_is_kept_also_of_the_service_lines() -> None:
    refused = claims(CLAIMS).levels[4]

    assert [(one.category, one.code, one.entity) for one in refused.statuses] == [
        ("A7", "562", "85"),
        ("A6", "21", ""),
        ("A7", "454", ""),
    ]


def test_the_claims_below_a_level_are_known() -> None:
    found = claims(CLAIMS)

    assert [one.trace for one in found.below(found.levels[2])] == ["2026-000001", "2026-000002"]


def test_a_277_of_another_version_is_passed_over_with_a_note() -> None:
    notes: list[Note] = []

    assert list(claim_status.read(CLAIMS.replace(b"005010X214", b"005010X212"), notes)) == []
    assert [note.message for note in notes] == ["a 277 of version 005010X212 is no 277CA"]


@pytest.mark.parametrize("whole", [GROUP, CLAIMS], ids=["999", "277CA"])
@given(place=st.integers(0, 1_100), damage=st.binary(max_size=3))
def test_a_damaged_answer_is_read_or_refused_never_a_crash(whole: bytes, place: int, damage: bytes) -> None:
    content = whole[:place] + damage + whole[place + len(damage) :]

    try:
        found = [*acknowledgments.read(content, []), *claim_status.read(content, [])]
    except UnreadableInput:
        return

    assert len(found) <= 2


SAMPLES = SHARED / "data" / "x12"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="public sample acknowledgments are not here")
def test_public_samples_are_read() -> None:
    found = {
        path.name: [*acknowledgments.read(path.read_bytes(), []), *claim_status.read(path.read_bytes(), [])]
        for folder in ("999", "277CA", "277")
        for path in sorted((SAMPLES / folder).iterdir())
    }

    assert {name: len(one) for name, one in found.items() if len(one) != 1} == {
        "azoner__834_lui_id_5010.999.txt": 4,
        "imsweb__x12_277_x212.txt": 0,
        "kputnam__1.era": 0,
        "linuxforheal__claim-level-status-ncpdp.277": 0,
        "linuxforheal__demo.277": 0,
        "linuxforheal__provider-level-status.277": 0,
    }
