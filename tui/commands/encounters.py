"""`codedesk encounters`: list, show and export encounters. Every view of a chart and every export is logged."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import safe_block
from store.terms import in_words

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Change, Database
    from store.intake.export import EncounterRow
    from store.intake.native import NativeEncounter

WIDTH = 80
EXPORT_BATCH = 200


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list | show | set | export")
    listing = actions.add_parser("list", help="encounters by date of service, or the tasks of a worklist")
    listing.add_argument("--worklist", metavar="W", help="only the tasks of this worklist, first to last")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    showing = actions.add_parser("show", help="one chart")
    showing.add_argument("key", metavar="ID|VISIT", help="id or visit number of the encounter")
    showing.add_argument("--json", action="store_true", help="the encounter in the native format, indented")
    setting = actions.add_parser("set", help="set fields of a visit's abstract right")
    setting.add_argument("key", metavar="ID|VISIT")
    setting.add_argument(
        "fields", nargs="+", metavar="FIELD=VALUE", help="discharge_disposition=01; empty takes it out"
    )
    setting.add_argument(
        "--was", action="append", default=[], metavar="FIELD=VALUE", help="set nothing where the field is not so now"
    )
    exporting = actions.add_parser("export", help="encounters in the native format, one per line")
    exporting.add_argument("--all", action="store_true", help="every encounter of this site")
    exporting.add_argument("keys", nargs="*", metavar="ID", help="ids or visit numbers")
    exporting.add_argument("-o", "--output", default="-", metavar="FILE", help="a new file; - is stdout (default)")
    exporting.add_argument(
        "--to", default="", metavar="NAME", help="who receives it, for the accounting of disclosures"
    )
    exporting.add_argument(
        "--de-identified", action="store_true", help="without names, numbers, days and notes (45 CFR 164.514(b)(2))"
    )
    exporting.add_argument("--purpose", default="", metavar="TEXT", help="why, for the accounting of disclosures")


def run(args: argparse.Namespace) -> int:
    from store import log
    from store.database import open_database
    from store.people import sign_in

    if args.action == "export" and args.all == bool(args.keys):
        raise UsageError("name the encounters to export, or --all")
    db = open_database()
    actor = sign_in(db)
    try:
        if args.action == "list":
            log.note(db, actor, "encounter.list", "worklist", args.worklist or "")
            return _list(db, actor, args.worklist, args.json)
        if args.action == "show":
            return _show(db, actor, args.key, args.json)
        if args.action == "set":
            return _set(db, actor, args.key, args.fields, args.was)
        return _export(db, actor, args)
    finally:
        db.close()


def _list(db: Database, actor: Actor, worklist: str | None, as_json: bool) -> int:
    from store.intake.export import list_encounters
    from store.permissions.columns import seen_by
    from store.queries import SessionReader
    from store.queries.worklists import Listing, WorkRow, worklist_rows
    from store.worklists import rulebook_of

    rows: Sequence[EncounterRow | WorkRow]
    with db.reading() as session:
        if worklist is not None and worklist not in (names := [rule.name for rule in rulebook_of(session).rules]):
            raise UsageError(f"no worklist is called {worklist}", "one of: " + ", ".join(names))
        rows = (
            list_encounters(session, actor.person_id or "")
            if worklist is None
            else worklist_rows(SessionReader(session), Listing(worklist))
        )
    rows = seen_by(actor.role, rows)
    if as_json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return 0
    if not rows:
        print("no encounters here")
    for row in rows:
        # The number is never cut: it is what `show` and `export` are asked with.
        last = f"{row.priority:>4} {in_words(row.status)}" if isinstance(row, WorkRow) else row.visit_number
        room = max(WIDTH - 24 - len(last), 12)
        print(f"{row.service_date} {row.setting.label:<11} {_cut(row.patient, room):<{room}} {last}")
    return 0


def _show(db: Database, actor: Actor, key: str, as_json: bool) -> int:
    from store.intake.export import export_encounter, find_encounter

    with db.change(actor, action="encounter.view") as change:
        encounter_id = find_encounter(change.session, key)
        _admitted(change, encounter_id)
        record = _seen(actor, export_encounter(change.session, encounter_id))
        change.log("encounter.view", "encounter", encounter_id, by="command line")
    if as_json:
        print(json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        print(safe_block("\n".join(_chart(record))))
    return 0


def _set(db: Database, actor: Actor, key: str, fields: list[str], was: list[str]) -> int:
    from store.abstracting import abstract_of, set_abstract
    from store.database import operation_id
    from store.intake.export import find_encounter
    from store.queries import SessionReader

    wanted, seen = _pairs(fields), _pairs(was)
    with db.reading() as session:
        encounter_id = find_encounter(session, key)
        present = abstract_of(SessionReader(session), encounter_id)
    print(set_abstract(db, actor, encounter_id, wanted, present | seen, operation_id()))
    return 0


def _pairs(words: list[str]) -> dict[str, str]:
    if wrong := next((word for word in words if "=" not in word), None):
        raise UsageError(f"expected FIELD=VALUE, got {wrong!r}", "discharge_disposition=01")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _export(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.access import ChartRestricted
    from store.deidentify import Deidentifier
    from store.disclosures import record_export
    from store.intake.export import encounter_ids, export_encounter, find_encounter, to_line
    from store.permissions import allowed
    from store.reports.export import require_receiver
    from store.reports.profiles import Profile

    keys, output, left_out = args.keys, args.output, 0
    nameless = Deidentifier() if args.de_identified or not allowed(actor.role, "column", "names") else None
    if nameless is None:
        require_receiver(Profile.IDENTIFIED, args.to, args.purpose, "")
    with db.reading() as session:
        ids = [find_encounter(session, key) for key in keys] if keys else encounter_ids(session)
    with _output(output) as write:
        for first in range(0, len(ids), EXPORT_BATCH):
            # Logged before the lines are written: what left is never missing from the log.
            with db.change(actor, action="encounter.export") as change:
                lines = []
                for encounter_id in ids[first : first + EXPORT_BATCH]:
                    try:
                        _admitted(change, encounter_id)
                    except ChartRestricted:
                        if keys:
                            raise
                        left_out += 1
                        continue
                    record = export_encounter(change.session, encounter_id)
                    if nameless:
                        record = nameless.without_names(record)
                    else:
                        record_export(change, encounter_id, args.to, args.purpose)
                    lines.append(to_line(record))
                    change.log(
                        "encounter.export",
                        "encounter",
                        encounter_id,
                        format="native",
                        to=Path(output).name,
                        names=nameless is None,
                    )
            write("".join(f"{line}\n" for line in lines))
    if left_out:
        print(
            f"{left_out:,} restricted left out; codedesk patients emergency VISIT opens one in an emergency",
            file=sys.stderr,
        )
    written = len(ids) - left_out
    if output != "-":
        print(f"{written:,} encounter{'' if written == 1 else 's'} written to {output}")
    return 0


def _admitted(change: Change, encounter_id: str) -> None:
    """Raise ChartRestricted where the person may not open the chart."""
    from store.access import require_access
    from store.models import Encounter

    require_access(change, change.session.get_one(Encounter, encounter_id).patient_id)


def _seen(actor: Actor, record: NativeEncounter) -> NativeEncounter:
    """A record as a role may see it: without names for whoever may not see names, without notes for whoever may not."""
    from store.deidentify import Deidentifier
    from store.permissions import allowed

    if not allowed(actor.role, "column", "names"):
        return Deidentifier().without_names(record)
    if not allowed(actor.role, "column", "notes"):
        return record.model_copy(update={"documents": []})
    return record


@contextmanager
def _output(name: str) -> Iterator[Callable[[str], object]]:
    """What writes to standard output, or to a file for its owner alone that has its name only when it is whole."""
    from store.output import output_file

    if name == "-":
        yield sys.stdout.write
        return
    with output_file(Path(name)) as output:
        yield lambda text: output.write(text.encode())
        output.finish()
        output.deliver()


def _chart(record: NativeEncounter) -> Iterator[str]:
    """The chart as lines of at most 80 columns."""
    patient = record.patient
    name = ", ".join(filter(None, (patient.family_name, " ".join((patient.given_name, patient.middle_name)).strip())))
    born = f"born {patient.birth_date}" if patient.birth_date else "birth date not known"
    yield _cut(f"{name}  {patient.sex}  {born}")
    yield _cut(f"  MRN {patient.mrn}")
    address = " ".join(filter(None, (patient.address_line1, patient.city, patient.state, patient.zip)))
    if address:
        yield _cut(f"  {address}")
    ended = f" to {record.ended_at}" if record.ended_at else ""
    yield _cut(f"Visit {record.visit_number}")
    yield _cut(f"  {record.setting.label}, {record.status.value}, {record.started_at}{ended}")
    for label, value in (
        ("reason", record.reason),
        ("facility", record.facility.name if record.facility else ""),
        ("disposition", record.discharge_disposition),
        ("place of service", record.place_of_service),
    ):
        if value:
            yield _cut(f"  {label}: {value}")
    for one in record.providers:
        who = " ".join(filter(None, (one.provider.given_name, one.provider.family_name, one.provider.credential)))
        yield _cut(f"  {one.role.value}: {who}  {one.provider.npi}".rstrip())
    yield _cut(f"Account {record.account.account_number}  {record.account.financial_class}".rstrip())
    yield from _coverage_lines(record)
    yield from _document_lines(record)
    yield from _code_lines(record)
    yield from _charge_lines(record)


def _coverage_lines(record: NativeEncounter) -> Iterator[str]:
    yield f"Coverages: {len(record.coverages) or 'none, self pay'}"
    for coverage in record.coverages:
        member = f"  member {coverage.member_id}" if coverage.member_id else ""
        yield _cut(f"  {coverage.sequence} {coverage.payer.name}{member}  {coverage.relationship.value}")


def _document_lines(record: NativeEncounter) -> Iterator[str]:
    newest = {document.document_number: document.version for document in record.documents}
    yield f"Documents: {len(newest)}"
    for document in record.documents:
        if document.version != newest[document.document_number]:
            continue
        version = f"  version {document.version}" if document.version > 1 else ""
        when = f"  {document.authored_at[:16]}" if document.authored_at else ""
        author = f"  {document.author}" if document.author else ""
        yield _cut(f"  {document.type_name}  {document.status.value}{when}{author}{version}")
        for line in document.text.split("\n"):
            yield from textwrap.wrap(line, WIDTH, initial_indent="    | ", subsequent_indent="    | ") or ["    |"]


def _code_lines(record: NativeEncounter) -> Iterator[str]:
    for coding in record.codings:
        by = f" by {coding.coder}" if coding.coder else ""
        yield _cut(f"Codes, {coding.kind.value} version {coding.version}: {coding.status.value}{by}")
        for diagnosis in coding.diagnoses:
            poa = f"  POA {diagnosis.poa}" if diagnosis.poa else ""
            yield _cut(f"  {diagnosis.sequence:>2} {diagnosis.code:<9} {diagnosis.role.value}{poa}")
        for line in coding.procedures:
            code = "-".join([line.code, *line.modifiers])
            yield _cut(f"  {line.sequence:>2} {code:<16} x{line.units}  {_money(line.charge_cents)}")
    yield f"Codes as received: {len(record.source_codes)}"
    for received in record.source_codes:
        yield _cut(f"  {received.kind:<9} {received.code:<18} {received.display}".rstrip())


def _charge_lines(record: NativeEncounter) -> Iterator[str]:
    total = sum(charge.amount_cents for charge in record.charges)
    yield f"Charges: {len(record.charges)}" + (f", {_money(total)}" if record.charges else "")
    for charge in record.charges:
        code = "-".join(filter(None, [charge.procedure_code, *charge.modifiers]))
        back = f"  takes back {charge.reversal_of}" if charge.reversal_of else ""
        yield _cut(
            f"  {charge.service_date} {charge.revenue_code:<4} {code:<12} x{charge.units:<3} "
            f"{_money(charge.amount_cents):>12}  {charge.description}{back}"
        )


def _money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _cut(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
