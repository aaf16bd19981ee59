"""Takes in acknowledgments (TA1, 999, 277CA), finds the batch and claims of ours that they answer, and moves those.

- TA1: our interchange by its number; a refused one sends every claim of it back to READY.
- 999: our group by its number, then each transaction set. Errors are looked up in the map that was kept at the export
  (position in the set, ST is 1): claims at such a place are the culprits and become REJECTED; the others of a refused
  set only traveled with them and are READY again. A segment of the billing provider is of every claim below it (loop
  2000A), which all become REJECTED: none would be taken until it is changed. With no culprit in a refused set, the
  fault is in its envelope.
- 277CA: a claim by its number; a refusal of the batch or of a billing provider holds for every claim below it, also
  where the answer names none. The payer's number is kept, which a replacement needs (REF*F8). An answer whose payer is
  another one that we bill, or whose patient is another (`store.remits.same_patient`), is none of the claim with its
  number: nothing is moved or kept of it, and the answer says so.

Only a claim that left in the very file that is answered is moved, and stands as it left: still EXPORTED, or back by a
999 and not changed since. A claim that was given up, that left again in a later file, that a posted remittance answers,
or that a living replacement or void follows, stays where it is, and the answer says so: sent again it would be billed
twice. A void or replacement that is moved gives back what it took from the ledger when it left, and the answer says so.
What was moved and is answered by a payer after that counts as sent again (`store.remits.reached`).
A later answer of the same kind is kept beside the earlier one. A rejection here is no denial: there is no appeal, the
claim is changed, or released with a reason, and sent again. The same file twice changes nothing.
Source: ASC X12C/005010X231A1; ASC X12N/005010X214, sections on acknowledgment levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from codesets.errors import UnreadableInput
from codesets.shipped_tables import read_table
from store.actors import Actor
from store.claims.changes import changed_since
from store.claims.entered import where_entered
from store.claims.followers import IN_PLACE, hand_on_numbers, in_their_place
from store.database import Change, Database
from store.ledger.charges import find_claims_of_visits, give_up
from store.models import Acknowledgment, Claim, ClaimAnswer, ClaimExport, Payer, Remittance, RemittanceClaim
from store.received import copied, keep_file
from store.remits.places import From, Payers, named_places, payers_of
from store.remits.same_patient import person_of, why_another
from store.terms import AcknowledgmentKind, AnswerPart, ClaimStatus, Outcome, RemittanceStatus
from store.x12 import acknowledgments, claim_status
from store.x12.acknowledgments import GroupAnswer, InterchangeAnswer, SegmentError, SetAnswer
from store.x12.claim_status import ClaimAnswers, Level, LevelStatus, Status
from store.x12.remittance import Party, RemitClaim
from store.x12.tokenizer import Note


@dataclass(frozen=True)
class AnswerTakenIn:
    """What one acknowledgment did. `culprits`, `traveled` and `accepted` are claim numbers.

    `stayed` are the numbers of claims that it refuses and that stay where they are, each with the reason. `repeated`
    says that it was taken in before, and nothing was done.
    """

    acknowledgment_id: str
    kind: AcknowledgmentKind
    control: str
    outcome: Outcome
    note: str
    culprits: tuple[str, ...] = ()
    traveled: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    stayed: tuple[tuple[str, str], ...] = ()
    repeated: bool = False


@dataclass(frozen=True)
class AnswersTakenIn:
    """What became of a file; `notes` are the oddities of its envelope."""

    name: str
    answers: tuple[AnswerTakenIn, ...]
    notes: tuple[Note, ...]


def take_in(db: Database, actor: Actor, path: Path) -> AnswersTakenIn:
    """Take in every acknowledgment of a file, each in one transaction.

    Raises UnreadableInput for a file that is no X12 or has none; then nothing has changed.
    """
    notes: list[Note] = []
    with copied(path) as copy:
        answers: list[InterchangeAnswer | GroupAnswer | ClaimAnswers] = list(acknowledgments.read(copy.file, notes))
        copy.file.seek(0)
        answers += claim_status.read(copy.file, [])
        if not answers:
            raise UnreadableInput(f"{path.name}: no acknowledgment in it", "expected a TA1, 999 or 277CA")
        file_id = keep_file(db, actor, path.name, copy)
    answers.sort(key=lambda answer: answer.segment)
    return AnswersTakenIn(path.name, tuple(_take(db, actor, file_id, answer) for answer in answers), tuple(notes))


def _take(
    db: Database, actor: Actor, file_id: str, answer: InterchangeAnswer | GroupAnswer | ClaimAnswers
) -> AnswerTakenIn:
    with db.change(actor, action="acknowledgment.take_in") as change:
        query = select(Acknowledgment).where(
            Acknowledgment.file_id == file_id, Acknowledgment.segment == answer.segment
        )
        if known := change.session.exec(query).first():
            return AnswerTakenIn(known.id, known.kind, known.control, known.outcome, known.note, repeated=True)
        match answer:
            case InterchangeAnswer():
                return _interchange(_Answering(change, file_id, AcknowledgmentKind.TA1, answer.segment), answer)
            case GroupAnswer():
                return _group(_Answering(change, file_id, AcknowledgmentKind.IMPLEMENTATION, answer.segment), answer)
            case ClaimAnswers():
                return _claims(_Answering(change, file_id, AcknowledgmentKind.CLAIM, answer.segment), answer)


class _Answering:
    """One acknowledgment while it is taken in: the claims it concerns, and what it says of each."""

    def __init__(self, change: Change, file_id: str, kind: AcknowledgmentKind, segment: int) -> None:
        self.session: Session = change.session
        self._change = change
        self._row = Acknowledgment(
            file_id=file_id, segment=segment, kind=kind, control="", outcome=Outcome.ACCEPTED, note=""
        )
        self._said: list[tuple[Claim, ClaimExport | None, ClaimAnswer]] = []
        self._others: dict[str, str] = {}
        self.owed_again: list[str] = []
        """What voids and replacements gave back that were refused, in words."""

    def say(self, claim: Claim, export: ClaimExport | None, answer: ClaimAnswer) -> None:
        """Keep what is said of a claim; `done` moves it where the answer is to the file that it left in."""
        answer.acknowledgment_id = self._row.id
        self._said.append((claim, export, answer))

    def hold(self, claim: Claim, why: str) -> None:
        """Let a claim be that has the number of an answer which is of another one."""
        self._others[claim.claim_number] = f"its answer has the number, but {why}"

    def _move_all(self) -> tuple[dict[AnswerPart | str, list[str]], dict[str, str]]:
        """Move what is refused; claim numbers by what became of them, and why those stay that were not moved."""
        told: dict[AnswerPart | str, list[str]] = {"accepted": [], AnswerPart.CULPRIT: [], AnswerPart.TRAVELED: []}
        refused = [(claim, export) for claim, export, answer in self._said if not answer.accepted]
        staying = _why_they_stay(self.session, refused)
        stayed: dict[str, str] = {}
        back: list[str] = []
        for claim, _, answer in self._said:
            if not answer.accepted and (why := staying.get(claim.id)):
                stayed[claim.claim_number] = why
                answer.message = f"{answer.message}; stays where it is: {why}"
                continue
            part = "accepted" if answer.accepted else answer.part
            listed = told[AnswerPart.CULPRIT if part is AnswerPart.NAMED else part]
            if claim.claim_number not in listed:
                listed.append(claim.claim_number)
            if not answer.accepted and self._stands_as_it_left(claim, answer.part):
                claim.status = ClaimStatus.READY if answer.part is AnswerPart.TRAVELED else ClaimStatus.REJECTED
                self.session.add(claim)
                self._change.log(
                    "claim.answer", "claim", claim.id,
                    number=claim.claim_number, part=answer.part.value, message=answer.message,
                )  # fmt: skip
                if claim.follows_as in IN_PLACE and (again := give_up(self._change, claim, answer.message)):
                    owed = f"{', '.join(again)} is owed as before"
                    answer.message = f"{answer.message}; {owed}"
                    self.owed_again.append(f"{claim.claim_number} did not happen: {owed}")
                back.append(claim.id)
        find_claims_of_visits(self._change, back)
        return told, stayed

    def _stands_as_it_left(self, claim: Claim, part: AnswerPart) -> bool:
        """Whether the claim is what left: still sent, or back with its set and neither changed nor released since."""
        if claim.status is ClaimStatus.EXPORTED:
            return True
        if part is AnswerPart.TRAVELED or claim.status not in (ClaimStatus.READY, ClaimStatus.SCRUB_FAILED):
            return False
        sent = self.session.get(ClaimExport, claim.export_id) if claim.export_id else None
        return sent is not None and not changed_since(self.session, claim.id, sent.exported_at)

    def done(self, control: str, export: ClaimExport | None, outcome: Outcome, note: str = "") -> AnswerTakenIn:
        row = self._row
        told, stayed = self._move_all()
        stayed = self._others | stayed
        if stayed:
            number, why = next(iter(stayed.items()))
            more = f", and {len(stayed) - 1} more" if len(stayed) > 1 else ""
            note = "; ".join(filter(None, (note, f"{number} stays where it is: {why}{more}")))
        note = "; ".join(filter(None, (note, *self.owed_again)))
        row.control, row.outcome, row.note = control, outcome, note
        row.export_id = export.id if export else None
        self.session.add(row)
        self.session.flush()
        self.session.add_all(answer for _, _, answer in self._said)
        self._change.log(
            "acknowledgment.take_in", "acknowledgment", row.id,
            kind=row.kind.value, control=control, outcome=outcome.value, export=row.export_id or "",
        )  # fmt: skip
        return AnswerTakenIn(
            row.id,
            row.kind,
            control,
            outcome,
            note,
            tuple(told[AnswerPart.CULPRIT]),
            tuple(told[AnswerPart.TRAVELED]),
            tuple(told["accepted"]),
            tuple(stayed.items()),
        )


def _why_they_stay(session: Session, refused: Sequence[tuple[Claim, ClaimExport | None]]) -> dict[str, str]:
    """Why refused claims are not sent again, by their ids; those that may be are not in it."""
    claims = {claim.id: claim for claim, _ in refused}
    why = in_their_place(session, claims)
    for some in (list(claims)[start : start + 400] for start in range(0, len(claims), 400)):
        why |= {
            claim_id: f"trace {trace or 'without a number'} on {day or 'no day'} answers it"
            for claim_id, trace, day in session.exec(
                select(RemittanceClaim.claim_id, Remittance.trace, Remittance.paid_on)
                .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
                .where(col(RemittanceClaim.claim_id).in_(some), Remittance.status == RemittanceStatus.POSTED)
                .order_by(col(Remittance.received_at))
            )
            if claim_id
        }
    for claim, export in refused:
        if claim.status is ClaimStatus.VOID:
            why[claim.id] = "it was given up"
        elif export is not None and claim.export_id != export.id:
            last = session.get(ClaimExport, claim.export_id) if claim.export_id else None
            why[claim.id] = f"it left in another file{f', {Path(last.file_name).name}' if last else ''}"
    return why


def _interchange(answering: _Answering, answer: InterchangeAnswer) -> AnswerTakenIn:
    number = int(answer.interchange) if answer.interchange.isdigit() else -1
    export = _export(answering.session, answer.sender, col(ClaimExport.interchange_control) == number)
    outcome = Outcome.ACCEPTED if answer.accepted else Outcome.REJECTED
    if export is None:
        return answering.done(answer.interchange, None, outcome, "no file of ours has this interchange number")
    note = "" if answer.accepted else f"the interchange was refused, note code {answer.code}"
    if not answer.accepted:
        for claim in _claims_of(answering.session, export, {place[2] for place in export.segments}):
            answering.say(claim, export, _answer(claim, AnswerPart.TRAVELED, False, answer.code, "", note))
    return answering.done(answer.interchange, export, outcome, note)


def _group(answering: _Answering, answer: GroupAnswer) -> AnswerTakenIn:
    number = int(answer.group) if answer.group.isdigit() else -1
    export = _export(answering.session, answer.sender, col(ClaimExport.group_control) == number)
    refused = [one for one in answer.sets if not one.accepted]
    whole = answer.answer in acknowledgments.ACCEPTED
    outcome = (
        Outcome.ACCEPTED
        if whole and not refused
        else Outcome.IN_PART
        if any(one.accepted for one in answer.sets)
        else Outcome.REJECTED
    )
    if export is None:
        return answering.done(answer.group, None, outcome, "no file of ours has this group number")
    notes = []
    for one in answer.sets:
        notes += _set(answering, export, one)
    if not answer.sets and not whole:
        for claim in _claims_of(answering.session, export, {place[2] for place in export.segments}):
            answering.say(claim, export, _answer(claim, AnswerPart.TRAVELED, False, "", "", "the group was refused"))
        notes.append("the whole group was refused; the fault is in its envelope")
    return answering.done(answer.group, export, outcome, "; ".join(notes))


def _set(answering: _Answering, export: ClaimExport, answer: SetAnswer) -> list[str]:
    """What the answer for one set says of each of its claims; remarks for a biller."""
    places = sorted((place[1], place[2], place[3]) for place in export.segments if place[0] == answer.control)
    if not places:
        return [f"set {answer.control} is none of that file"]
    claims = {claim.claim_number: claim for claim in _claims_of(answering.session, export, {p[1] for p in places})}
    if answer.accepted:
        for claim in claims.values():
            answering.say(claim, export, _answer(claim, AnswerPart.NAMED, True, answer.answer, "", "accepted"))
        return []
    culprits: set[str] = set()
    outside: list[str] = []
    for error in answer.errors:
        number, position, field = _at(places, error.position)
        message = _said(error, field)
        if number in claims:
            below = _below_the_same(claims, number) if field.partition(".")[0] in _OF_PROVIDER else [claims[number]]
            shared = _shared(field, len(below)) if field.partition(".")[0] in _OF_PROVIDER else ""
            element = error.elements[0] if error.elements else None
            for culprit in below:
                code = element.code if element else ""
                said = _answer(culprit, AnswerPart.CULPRIT, False, error.code, code, f"{message}{shared}")
                said.position, said.place, said.value = position, field, element.value if element else ""
                answering.say(culprit, export, said)
                culprits.add(culprit.claim_number)
            outside += [f"{message}{shared}"] if shared else []
        else:
            outside.append(message)
    for number, claim in claims.items():
        if number not in culprits:
            why = "another claim of its set was refused" if culprits else "its set was refused"
            answering.say(claim, export, _answer(claim, AnswerPart.TRAVELED, False, "", "", why))
    if not culprits:
        outside.insert(0, f"set {answer.control} was refused for its envelope")
    return outside


_OF_PROVIDER = ("billing", "pay_to")
"""The parts of a claim that stand once for all claims of a billing provider (loops 2010AA and 2010AB)."""


def _below_the_same(claims: Mapping[str, Claim], number: str) -> list[Claim]:
    """The claims of a set that the billing provider's segments before this one are of, it included."""

    def who(claim: Claim) -> list[Any]:
        return [claim.parties.get(part) for part in _OF_PROVIDER]

    return [claim for claim in claims.values() if who(claim) == who(claims[number])]


def _shared(field: str, count: int) -> str:
    """Whose data an error of the billing provider's segments is, and where it is set."""
    return (
        f"; it is the billing provider's, on all its {count} claims of the set: {where_entered(field).where};"
        " then r on each claim, or R sends it as it is"
    )


def _at(places: Sequence[tuple[int, str, str]], position: int) -> tuple[str, int, str]:
    """The claim, position and field at a place of the set; for a segment that is missing, those just before it."""
    before = [place for place in places if place[0] <= position] or [places[0]]
    found, number, field = before[-1]
    return number, found, field


def _said(error: SegmentError, field: str) -> str:
    """The error in words: what, where, and the value that the receiver copied."""
    words = [f"{error.segment_id} at segment {error.position}: {_told('IK304', error.code)}"]
    words += [f"element {one.element} {_told('IK403', one.code)} {one.value!r}" for one in error.elements]
    return ", ".join(words) + (f" ({field})" if field else "")


def _told(kind: str, code: str) -> str:
    """What a code says in our words, with its number; the number alone where the list has no words for it."""
    words = _code_words().get((kind, code))
    return f"{words} ({code})" if words else f"error {code}"


def _category(code: str) -> str:
    words = _code_words().get(("STC", code))
    return f" {words}" if words else ""


@cache
def _code_words() -> dict[tuple[str, str], str]:
    rows = read_table(Path(__file__).with_name("answer_codes.csv"), ("list", "code", "words"))
    return {(kind, code): words for kind, code, words in rows}


def _claims(answering: _Answering, answers: ClaimAnswers) -> AnswerTakenIn:
    batch = next((one for one in answers.levels if one.level is Level.RECEIVER), None)
    reference = batch.trace if batch else answers.reference
    export, control = _batch(answering.session, answers.sender, reference)
    notes = [_totals(answers, one) for one in answers.levels if one.quantities or one.amounts]
    named: set[str] = set()
    unknown: list[str] = []
    refused = foreign_refused = held = 0
    payer_differs = _other_payer(answering.session, answers)
    for level in answers.levels:
        if level.level is Level.PATIENT:
            claim = answering.session.exec(select(Claim).where(Claim.claim_number == level.trace)).first()
            if claim is None:
                unknown.append(level.trace)
                foreign_refused += level.refused
                continue
            if why := payer_differs(claim) or _other_patient(claim, level):
                answering.hold(claim, why)
                held += 1
                foreign_refused += level.refused
                continue
            above = [one for one in answers.levels if one.segment in level.above and one.refused]
            refused += level.refused or bool(above)
            _named(answering, claim, export, level, above)
            named.add(claim.claim_number)
    for level in answers.levels:
        if level.level is not Level.PATIENT and level.refused and not answers.below(level):
            refused += _cascade(answering, export, control, level, named)
    if unknown:
        notes.append(f"{len(unknown)} claims are not ours: {', '.join(unknown[:3])}")
    if not answers.complete:
        notes.append("the answer is cut off before its SE")
    if export is None and not named:
        # Nothing of ours is in it: what it says of its batch is all that it says.
        refusing = [one for one in answers.levels if one.refused]
        whole = any(one.level is not Level.PATIENT for one in refusing) or foreign_refused == len(unknown) + held
        outcome = Outcome.ACCEPTED if not refusing else Outcome.REJECTED if whole else Outcome.IN_PART
        notes.insert(0, "no file of ours has this number, and no claim in it is ours")
        return answering.done(reference, None, outcome, "; ".join(filter(None, notes)))
    outcome = Outcome.ACCEPTED if not refused else Outcome.IN_PART if refused < len(named) else Outcome.REJECTED
    return answering.done(reference, export, outcome, "; ".join(filter(None, notes)))


def _other_payer(session: Session, answers: ClaimAnswers) -> Callable[[Claim], str]:
    """Tells why a claim is not of the payer that answers, where that is another one that we bill; else empty."""
    source = next((one for one in answers.levels if one.level is Level.SOURCE), None)
    if source is None:
        return lambda _: ""
    who = From("", source.identifier, source.name)
    ours = [(payer.name, payer.payer_identifier) for payer in session.exec(select(Payer))]
    known = bool(named_places(Payers(tuple(ours), tuple(range(len(ours)))), who))

    def differs(claim: Claim) -> str:
        payers = payers_of(claim.parties)
        return f"the payer is {source.name}" if known and payers.billed not in named_places(payers, who) else ""

    return differs


def _other_patient(claim: Claim, level: LevelStatus) -> str:
    """Why a patient level is of another patient than the claim stated that has its number; empty where it can be."""
    stated = RemitClaim(
        account_number=level.trace,
        status="",
        charge_cents=next((one.cents for one in level.statuses if one.cents), claim.total_cents),
        paid_cents=0,
        patient_cents=0,
        filing="",
        payer_number=level.payer_number,
        facility_code="",
        frequency="",
        drg="",
        parties=(("QC", Party(level.family_name, level.given_name, "MI", level.identifier)),),
        service_from=level.service_from,
        service_through="",
        received="",
        adjustments=(),
        remarks=(),
        amounts=(),
        references=(),
        lines=(),
        segment=level.segment,
    )
    who = claim.parties.get("patient") or {}
    name = (who.get("family_name"), who.get("given_name"))
    return why_another(
        stated, person_of(claim.parties, *name, claim.service_from, claim.service_through), claim.total_cents
    )


def _named(
    answering: _Answering, claim: Claim, export: ClaimExport | None, level: LevelStatus, above: Sequence[LevelStatus]
) -> None:
    """What a patient level says of its claim, by itself and by what refuses it above."""
    if level.payer_number and claim.payer_number != level.payer_number:
        claim.payer_number = level.payer_number
        hand_on_numbers(answering.session, {claim.id: level.payer_number})
        answering.session.add(claim)
    refused = level.refused or bool(above)
    for one in (level, *above):
        for status in one.statuses:
            if status.refuses or not refused:
                entity = f":{status.entity}" if status.entity else ""
                words = _category(status.category)
                message = f"{one.level.name.lower()} {status.category}:{status.code}{entity}{words}{_own_words(status)}"
                said = _answer(claim, AnswerPart.NAMED, not status.refuses, status.category, status.code, message)
                said.entity = status.entity
                answering.say(claim, export, said)


def _cascade(
    answering: _Answering, export: ClaimExport | None, control: str, level: LevelStatus, named: set[str]
) -> int:
    """A refusal above all claims that names none: it holds for those of the batch, or of the provider in it."""
    if export is None:
        return 0
    numbers = {place[2] for place in export.segments if not control or place[0] == control}
    count = 0
    for claim in _claims_of(answering.session, export, numbers - named):
        if level.level is Level.PROVIDER and claim.parties["billing"]["npi"] != level.identifier:
            continue
        status = next(one for one in level.statuses if one.refuses)
        told = f"{status.category}:{status.code}{_category(status.category)}{_own_words(status)}"
        message = f"refused at the {level.level.name.lower()} level, {told}"
        answering.say(claim, export, _answer(claim, AnswerPart.NAMED, False, status.category, status.code, message))
        named.add(claim.claim_number)
        count += 1
    return count


def _own_words(status: Status) -> str:
    """What the payer itself says of a status (STC12), quoted; empty where it says nothing."""
    return f': "{status.words}"' if status.words else ""


def _totals(answers: ClaimAnswers, level: LevelStatus) -> str:
    """Where the totals that a level states are not those of the claims below it; empty where they agree."""
    below = answers.below(level)
    if not below:
        return ""
    counted = {
        "90": sum(not one.refused for one in below),
        "AA": sum(one.refused for one in below),
    }
    money = {
        "YU": sum(one.statuses[0].cents for one in below if one.statuses and not one.refused),
        "YY": sum(one.statuses[0].cents for one in below if one.statuses and one.refused),
    }
    found = []
    for qualifier, stated in level.quantities:
        if qualifier in counted and stated != str(counted[qualifier]):
            found.append(f"QTY {qualifier} states {stated}, the claims are {counted[qualifier]}")
    for qualifier, cents in level.amounts:
        if qualifier in money and cents != money[qualifier]:
            found.append(f"AMT {qualifier} states {cents} cents, the claims are {money[qualifier]}")
    return "; ".join(found)


def _batch(session: Session, sender: str, reference: str) -> tuple[ClaimExport | None, str]:
    """The file of ours that a batch reference (BHT03) names, and the ST02 in it."""
    interchange, _, control = reference.partition("-")
    if not interchange.isdigit():
        return None, ""
    return _export(session, sender, col(ClaimExport.interchange_control) == int(interchange)), control


def _export(session: Session, sender: str, condition: ColumnElement[bool]) -> ClaimExport | None:
    """The file of ours with this number that went to the sender of the answer, else the only one with the number."""
    found = session.exec(select(ClaimExport).where(condition)).all()
    theirs = [one for one in found if one.receiver == sender]
    return theirs[0] if len(theirs) == 1 else found[0] if len(found) == 1 else None


def _claims_of(session: Session, export: ClaimExport, numbers: Iterable[str]) -> list[Claim]:
    wanted = sorted(filter(None, numbers))
    found: list[Claim] = []
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        found += session.exec(select(Claim).where(col(Claim.claim_number).in_(some)).order_by(col(Claim.claim_number)))
    return found


def _answer(claim: Claim, part: AnswerPart, accepted: bool, category: str, code: str, message: str) -> ClaimAnswer:
    return ClaimAnswer(
        acknowledgment_id="",
        claim_id=claim.id,
        part=part,
        accepted=accepted,
        category=category,
        code=code,
        message=message,
    )
