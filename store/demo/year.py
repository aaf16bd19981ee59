"""A made-up year of a made-up site, for reports and figures: seeded, the same every time, of any size.

It goes past intake, in bulk: encounters with patients, coverages, charges, codings, claims, denials and holds, so that
every report has something to add up. Nobody in it exists; the codes are those of `year.csv`. Stays have the DRG that
the grouper gives them, where it is installed. Its documents are names: nobody can code it again, it is there to be
counted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel, select

from codesets.catalog import normalize
from codesets.errors import CodedeskError
from codesets.grouping.answer import Ungrouped
from codesets.grouping.discharge import Discharge, StayDiagnosis
from codesets.grouping.reasons import explain
from codesets.reference import Reference
from codesets.shipped_tables import read_table
from codesets.sources.icd10cm_shipped import EDITION
from store.actors import Actor
from store.coding.grouping import drg_columns
from store.database import Database
from store.denials.reasons import category_of
from store.models import Encounter, Person
from store.names import known_rows
from store.records.completeness import ChartRule, chart_rules
from store.worklists.order import order_key
from store.worklists.rulebook import shipped_rulebook

SOURCE = "year"
LAST_DAY = date(2026, 10, 7)
"""The day before the one on which the demo site stands."""

DAYS = 365
_PORTION = 2000
_NAMES = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Willow")
_GIVEN = ("Ada", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gita", "Hugo", "Ines", "Jon", "Kira", "Lev", "Mina", "Nils")
_PAYERS = (
    ("Medicare Part B (year)", "MB", 30),
    ("Medicaid of the Plains (year)", "MC", 18),
    ("Blue Plains (year)", "BL", 26),
    ("Prairie Mutual (year)", "CI", 16),
    ("Northern Union (year)", "HM", 12),
    ("", "", 10),
)
_STRICT = "HM"
"""The payer (by filing code) who denies three times as often as the others."""

_PROVIDERS = 24
_MISSING = 0.02
"""The share of documents that did not come, and of those that did, of unsigned ones."""

_CODERS = 8
_THOROUGH = 5
"""The coder (by number) who codes two diagnoses more a chart than the others: outliers have one to find."""


class YearThere(CodedeskError):
    """The record has a made-up year already."""

    title = "demo year"
    exit_code = 1


@dataclass
class _Rows:
    """Rows of each table that wait to be put into the record; files, remittances and patients made already."""

    exports: set[str]
    remittances: set[str]
    names: dict[int, tuple[str, str]]
    """Family and given name of each patient by number."""
    reference: Reference | None = None
    of: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **values: object) -> None:
        self.of.setdefault(table, []).append(values)


def make_year(
    db: Database,
    actor: Actor,
    encounters: int,
    seed: int = 2026,
    progress: Callable[[float], None] | None = None,
    reference: Reference | None = None,
) -> int:
    """Put a year of so many encounters into a record; how many. Stays are grouped with a reference, not without one.

    Raises YearThere where the record has one.
    """
    chance, exports, remittances, names = random.Random(seed), set[str](), set[str](), dict[int, tuple[str, str]]()
    with db.change(actor) as change:
        if change.session.exec(select(Encounter.id).where(Encounter.source == SOURCE).limit(1)).first():
            raise YearThere("this record has a made-up year already", "take another record")
        coders = [
            p.id for p in change.session.exec(select(Person).where(Person.role == "coder").order_by(Person.login))
        ]
        rows = _Rows(exports, remittances, names)
        _directory(rows)
        if len(coders) < _CODERS:
            for number in range(_CODERS - len(coders)):
                rows.add("person", id=f"year-coder-{number}", login=f"yearcoder{number}", name=f"Coder {number}",
                         role="coder", units_target=60, active=True, pin_failures=0, created_at="2025-01")  # fmt: skip
                coders.append(f"year-coder-{number}")
        _flush(change.session, rows)
        change.log("demo.year", "encounter", SOURCE, encounters=encounters, seed=seed)
    for start in range(0, encounters, _PORTION):
        rows = _Rows(exports, remittances, names, reference)
        for number in range(start, min(start + _PORTION, encounters)):
            _encounter(rows, chance, number, coders)
        with db.change(actor) as change:
            _flush(change.session, rows)
        if progress:
            progress(min((start + _PORTION) / encounters, 1.0))
    return encounters


@cache
def _table() -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """What to choose from: (code, weight, cents) by kind and setting."""
    path = Path(str(files("store.demo").joinpath("year.csv")))
    found: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for kind, setting, code, weight, cents in read_table(path, ("kind", "setting", "code", "weight", "cents")):
        found.setdefault((kind, setting), []).append((code, int(weight), int(cents)))
    return found


def _one(chance: random.Random, kind: str, setting: str) -> tuple[str, int]:
    choices = _table()[kind, setting]
    code, _, cents = chance.choices(choices, [weight for _, weight, _ in choices])[0]
    return code, cents


def _directory(rows: _Rows) -> None:
    empty = dict.fromkeys(("taxonomy", "address_line1", "city", "state", "zip"), "")
    rows.add("facility", id="year-facility", source=SOURCE, local_id="site", name="Prairie Community (year)",
             npi="1999990017", tax_id="", contact_name="", contact_phone="", **empty)  # fmt: skip
    for name, filing, _ in _PAYERS:
        if name:
            rows.add("payer", id=f"year-payer-{filing}", source=SOURCE, local_id=filing, name=name,
                     payer_identifier=f"Y{filing}", claim_filing_code=filing, line_of_business="",
                     timely_filing_days=365, member_id_pattern="",
                     **{k: v for k, v in empty.items() if k != "taxonomy"})  # fmt: skip
    for number in range(_PROVIDERS):
        rows.add("provider", id=f"year-provider-{number}", source=SOURCE, local_id=f"{number}",
                 npi=f"99999{number:05}", family_name=_NAMES[number % len(_NAMES)],
                 given_name=_GIVEN[number % len(_GIVEN)], credential="MD", taxonomy="", specialty="")  # fmt: skip
    rows.add("received_file", id="year-file", name="year", sha256=SOURCE, size=0, content=b"", received_at="2025-10-08")


def _remittance(rows: _Rows, day: date) -> str:
    """The remittance of a day; its id."""
    key = f"year-remittance-{day}"
    if key not in rows.remittances:
        rows.remittances.add(key)
        rows.add("remittance", id=key, file_id="year-file", segment=len(rows.remittances), status="posted", control="1",
                 envelope="", payer_identifier="YEAR", payer_name="made-up", payer_numbers=[],
                 payee_name="", payee_identifier="", trace=f"YEAR{day}", method="NON", paid_on=day.isoformat(),
                 payment_cents=0, paid_cents=0, provider_cents=0, claims=0, held=[],
                 received_at=f"{day}T12:00:00.000Z", row_version=1)  # fmt: skip
    return key


def _encounter(rows: _Rows, chance: random.Random, number: int, coders: Sequence[str]) -> None:
    settings = [key for (kind, key) in _table() if kind == "visit"]
    weights = [_table()["visit", key][0][1] for key in settings]
    setting = chance.choices(settings, weights)[0]
    kind, _, stay_cents = _table()["visit", setting][0]
    day = LAST_DAY - timedelta(days=chance.randrange(DAYS))
    stay = chance.randrange(1, 9) if setting == "inpatient" else 0
    admitted = day - timedelta(days=stay)
    patient = number // 3
    payer = chance.choices(_PAYERS, [weight for *_, weight in _PAYERS])[0]
    key = f"year-{number:07}"
    if number % 3 == 0:
        _patient(rows, chance, patient)
    rows.add("account", id=f"{key}-a", source=SOURCE, account_number=f"YA{number}", financial_class=payer[1],
             bill_hold_days=3, patient_id=f"year-patient-{patient}")  # fmt: skip
    rows.add("encounter", id=key, source=SOURCE, visit_number=f"Y{number:07}", setting=setting,
             patient_class="I" if setting == "inpatient" else "O", status="discharged",
             started_at=admitted.isoformat(), ended_at=day.isoformat(), place_of_service="11", hospital_service="",
             admission_type="", point_of_origin="", discharge_disposition="01" if stay else "", reason="",
             extra={}, patient_id=f"year-patient-{patient}", account_id=f"{key}-a", facility_id="year-facility",
             service_date=day.isoformat(), content_sha256="", told_at="")  # fmt: skip
    provider = f"year-provider-{chance.randrange(_PROVIDERS)}"
    role = "attending" if kind == "facility" else "rendering"
    rows.add("encounter_provider", id=f"{key}-p", encounter_id=key, provider_id=provider, role=role)
    if payer[0]:
        rows.add("coverage", id=f"{key}-c", account_id=f"{key}-a", payer_id=f"year-payer-{payer[1]}", sequence=1,
                 relationship="self", **dict.fromkeys(_COVERAGE, ""))  # fmt: skip
    lines = _lines(chance, setting, kind, stay_cents * max(stay, 1))
    for place, (code, cents, units) in enumerate(lines):
        rows.add("charge", id=f"{key}-h{place}", encounter_id=key, charge_number=str(place),
                 service_date=day.isoformat(), description="", department="", revenue_code="",
                 procedure_code=code if kind == "professional" else "", modifiers=[], units=units,
                 amount_cents=cents, performer_npi="", hard_coded=False, reversal_of="",
                 posted_at=f"{day}T23:00:00.000Z")  # fmt: skip
    documents = _documents(rows, chance, key, setting, day)
    _work(rows, chance, key, number, setting, kind, day, lines, coders, payer, documents)


_COVERAGE = (
    *("plan_name", "group_number", "member_id", "subscriber_family_name", "subscriber_given_name", "subscriber_sex"),
    *("subscriber_address_line1", "subscriber_city", "subscriber_state", "subscriber_zip"),
    *("authorization_number", "referral_number"),
)


def _patient(rows: _Rows, chance: random.Random, number: int) -> None:
    born = date(1935, 1, 1) + timedelta(days=chance.randrange(31000))
    family, given = rows.names[number] = (f"{chance.choice(_NAMES)}{number}", chance.choice(_GIVEN))
    rows.of.setdefault("known_name", []).extend(known_rows([family]))
    rows.add("patient", id=f"year-patient-{number}", source=SOURCE, mrn=f"Y{number:06}",
             family_name=family, given_name=given, middle_name="",
             suffix="", birth_date=born.isoformat(), sex=chance.choice("FM"),
             address_line1=f"{chance.randrange(1, 900)} {chance.choice(_NAMES)} Street", address_line2="",
             city="Alder Creek", state="NE", zip=f"689{chance.randrange(10, 99)}", phone="")  # fmt: skip


def _documents(rows: _Rows, chance: random.Random, key: str, setting: str, day: date) -> int:
    """What the rules ask of a chart of this type, by name alone; some did not come, some are not signed: how many."""
    came = 0
    for place, rule in enumerate(one for one in _chart_rules() if setting in one.types):
        if chance.random() < _MISSING:
            continue
        came += 1
        signed = chance.random() >= _MISSING
        moment = _moment(chance, day)
        rows.add("document", id=f"{key}-y{place}", encounter_id=key, document_number=f"{key}-{place}",
                 type_code=sorted(rule.codes)[0] if rule.codes else "", type_name=rule.names[0].capitalize(),
                 title=rule.words,
                 author="", authored_at=moment, authenticated_by="", authenticated_at=moment if signed else None,
                 status="AU" if signed else "IP",
                 text="A made-up document of a made-up visit: it is there to be counted.", version=1, current=True,
                 received_at=moment, sha256="")  # fmt: skip
    return came


@cache
def _chart_rules() -> tuple[ChartRule, ...]:
    return chart_rules()


def _lines(chance: random.Random, setting: str, kind: str, stay_cents: int) -> list[tuple[str, int, int]]:
    """Codes with charge and units; a stay has one sum of charges and its procedures without."""
    count = chance.choice((1, 1, 2, 2, 3))
    chosen = dict(_one(chance, "line", setting) for _ in range(count))
    if kind == "facility":
        return [(code, stay_cents if place == 0 else 0, 1) for place, code in enumerate(chosen)]
    return [(code, cents * units, units) for code, cents in chosen.items() for units in (chance.choice((1, 1, 1, 2)),)]


def _work(
    rows: _Rows,
    chance: random.Random,
    key: str,
    number: int,
    setting: str,
    kind: str,
    day: date,
    lines: Sequence[tuple[str, int, int]],
    coders: Sequence[str],
    payer: tuple[str, str, int],
    documents: int,
) -> None:
    """The task, and where it stands: older ones are billed, some of the last weeks wait, few of any age are stuck."""
    cents = sum(amount for _, amount, _ in lines)
    wait = chance.choice((1, 1, 2, 2, 3, 4, 6, 9))
    final_on = day + timedelta(days=wait)
    stuck = chance.random() < 0.004
    final = final_on <= LAST_DAY and not stuck
    held = not final and chance.random() < 0.35
    rank = -(LAST_DAY - day).days
    placed: dict[str, object] = {"setting": setting, "kind": kind, "service date": day.isoformat(), "charges": cents}
    placed["documents"] = documents or int(final)  # what was coded was coded from something
    rule = shipped_rulebook().rule_for(placed, LAST_DAY)
    moment = _moment(chance, final_on)
    rows.add("work_item", id=f"{key}-w", encounter_id=key, kind=kind, worklist=rule.name,
             status="final" if final else "on_hold" if held else "ready", rank=rank,
             service_date=day.isoformat(), charge_rank=-cents, reasons=[],
             patient_name=", ".join(rows.names[number // 3]),
             rule="made-up year", new_documents=0, came_back="", restricted=False, created_at=f"{day}T20:00:00.000Z",
             finished_at=moment if final else None, row_version=1, skill=rule.skill,
             order_key=order_key(rule.order, placed, -rank))  # fmt: skip
    if held:
        reason, _, owner = _one(chance, "why", "hold")[0].partition("/")
        rows.add("hold", id=f"{key}-o", work_item_id=f"{key}-w", reason=reason, owner=owner, note="",
                 opened_by=coders[0], opened_at=_moment(chance, min(day + timedelta(days=1), LAST_DAY)))  # fmt: skip
    if not final:
        return
    codes, pointers = _coding(rows, chance, key, number, setting, kind, day, moment, lines, coders)
    sent_on = final_on + timedelta(days=chance.choice((1, 2, 3, 3, 4, 7)))
    if payer[0] and sent_on <= LAST_DAY:
        _claim(rows, chance, key, number, kind, day, sent_on, lines, codes, payer, pointers)


def _coding(
    rows: _Rows,
    chance: random.Random,
    key: str,
    number: int,
    setting: str,
    kind: str,
    day: date,
    moment: str,
    lines: Sequence[tuple[str, int, int]],
    coders: Sequence[str],
) -> tuple[list[str], list[int]]:
    """The final coding of a chart with its steps: its diagnoses, and which of them its lines point at."""
    coder = coders[number % len(coders)]
    rows.add("coding", id=f"{key}-g", encounter_id=key, kind=kind, version=1, status="final", release=EDITION,
             coder_id=coder, created_at=moment, changed_at=moment, finalized_at=moment, row_version=1)  # fmt: skip
    many = chance.choice((1, 2, 3, 4)) + (2 if number % len(coders) == _THOROUGH else 0)
    codes = list(dict.fromkeys(_one(chance, "dx", setting)[0] for _ in range(many)))
    for place, code in enumerate(codes, 1):
        rows.add("final_diagnosis", id=f"{key}-d{place}", coding_id=f"{key}-g", sequence=place, code=code,
                 role="principal" if place == 1 else "secondary", poa="Y" if kind == "facility" else "",
                 origin="typed", evidence="", why="", trail="")  # fmt: skip
    pointers = list(range(1, min(len(codes), 4) + 1))
    for place, (code, amount, units) in enumerate(lines, 1):
        rows.add("final_procedure_line", id=f"{key}-l{place}", coding_id=f"{key}-g", sequence=place,
                 system="hcpcs" if kind == "professional" else "icd10pcs", code=code, modifiers=[], units=units,
                 charge_cents=amount, pointers=pointers if kind == "professional" else [],
                 service_date=day.isoformat(), performer_npi="", origin="charge", why="", trail="")  # fmt: skip
    if rows.reference is not None and setting == "inpatient":
        _group(rows, rows.reference, key, day, codes, lines, moment)
    for place in range(chance.choice((1, 2, 3))):
        at = datetime.fromisoformat(moment.replace("Z", "+00:00")) - timedelta(seconds=60 * place + 20)
        rows.add("coding_step", id=f"{key}-t{place}", coding_id=f"{key}-g", number=place + 1, action="coded",
                 person_id=coder, at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), before={},
                 after={}, undone=False)  # fmt: skip
    return codes, pointers


def _claim(
    rows: _Rows,
    chance: random.Random,
    key: str,
    number: int,
    kind: str,
    day: date,
    sent_on: date,
    lines: Sequence[tuple[str, int, int]],
    codes: Sequence[str],
    payer: tuple[str, str, int],
    pointers: list[int],
) -> None:
    total, form = sum(amount for _, amount, _ in lines), "837p" if kind == "professional" else "837i"
    built = _moment(chance, sent_on - timedelta(days=1))
    export = f"year-export-{sent_on}"
    stuck = chance.random() < (0.15 if (LAST_DAY - sent_on).days < 12 else 0.001)
    if not stuck and export not in rows.exports:
        rows.exports.add(export)
        rows.add("claim_export", id=export, form="837p", receiver=f"year-{sent_on}-{number}", interchange_control=1,
                 group_control=1, transaction_control="1", file_name="", sha256="", content=b"", segments=[],
                 claims=0, exported_at=f"{sent_on}T15:00:00.000Z")  # fmt: skip
    rows.add("claim", id=f"{key}-m", claim_number=f"Y{number:07}", form=form, encounter_id=key,
             coding_id=f"{key}-g", payer_id=f"year-payer-{payer[1]}",
             status="scrub_failed" if stuck else "exported", frequency="1", total_cents=total,
             service_from=day.isoformat(), service_through=day.isoformat(), parties=_parties(number, payer),
             created_at=built, scrubbed_at=built, export_id=None if stuck else export, payer_number="",
             row_version=1)  # fmt: skip
    for place, code in enumerate(codes, 1):
        rows.add("claim_diagnosis", id=f"{key}-x{place}", claim_id=f"{key}-m", sequence=place, code=code, poa="")
    for place, (code, amount, units) in enumerate(lines, 1):
        rows.add("claim_line", id=f"{key}-n{place}", claim_id=f"{key}-m", sequence=place, code=code, modifiers=[],
                 units=units, charge_cents=amount, pointers=pointers, service_date=day.isoformat(),
                 performer_npi="")  # fmt: skip
    if stuck or chance.random() < 0.06:
        rows.add("edit_firing", id=f"{key}-f", subject_id=f"{key}-m", rule_id=_one(chance, "why", "edit")[0],
                 rule_version=1, severity="error", place="line.1", fired_at=built, overridden_by="",
                 outcome="")  # fmt: skip
    if stuck:
        return
    refused = chance.random() < (0.24 if payer[1] == _STRICT else 0.08)
    paid = 0 if refused else total * 7 // 10
    paid_on = min(sent_on + timedelta(days=chance.randrange(12, 40)), LAST_DAY)
    remittance = _remittance(rows, paid_on)
    rows.add("remittance_claim", id=f"{key}-r", remittance_id=remittance, sequence=number + 1, segment=1,
             account_number=f"Y{number:07}", payer_number="", status_code="4" if refused else "1",
             charge_cents=total, paid_cents=paid, patient_cents=0, patient_name="", service_from="",
             service_through="", remarks=[], claim_id=f"{key}-m", matched_by="claim_number", note="")  # fmt: skip
    if refused:
        group, _, reason = _one(chance, "why", "denial")[0].partition("-")
        found = category_of(group, reason)
        category = found.name if found else ""
        rows.add("denial", id=f"{key}-z", remittance_id=remittance, remittance_claim_id=f"{key}-r",
                 claim_id=f"{key}-m", payer_name=payer[0], procedure_code=lines[0][0], group_code=group,
                 reason_code=reason, remarks=[], cents=total, category=category, status="open", level=0,
                 due_on=(paid_on + timedelta(days=120)).isoformat(), note="", segment=1,
                 opened_at=f"{paid_on}T12:00:00.000Z", row_version=1)  # fmt: skip


def _parties(number: int, payer: tuple[str, str, int]) -> dict[str, object]:
    """Who is on the claim, in few words: claims of the year are there to be counted, and to open."""
    patient = number // 3
    person = {"family_name": f"Year {patient}"}
    insurer = {"name": payer[0], "identifier": f"Y{payer[1]}", "filing_code": payer[1]}
    return {
        "patient": person,
        "patient_record_number": f"Y{patient:06}",
        "billing": {"name": "Prairie Community (year)", "npi": "1999990017"},
        "receiver": {"submitter_id": "YEAR", "receiver_id": "YEAR", "receiver_name": "YEAR"},
        "coverage": {"sequence": 1, "relationship": "self", "payer": insurer, "subscriber": person},
        "other_coverages": [],
        "rendering": None,
    }


def _group(
    rows: _Rows,
    reference: Reference,
    key: str,
    day: date,
    codes: Sequence[str],
    lines: Sequence[tuple[Any, ...]],
    moment: str,
) -> None:
    """Keep the DRG of a stay; none where the grouper has no answer. Age, sex and status are everybody's the same."""
    diagnoses = tuple(StayDiagnosis(normalize(code), "Y") for code in codes)
    stay = Discharge(day, 60, "F", "01", diagnoses, tuple(code for code, *_ in lines))
    answer = explain(reference, stay)
    if not isinstance(answer, Ungrouped):
        rows.add("coding_drg", coding_id=f"{key}-g", grouped_at=moment, **drg_columns(answer))


def _moment(chance: random.Random, day: date) -> str:
    return f"{day}T{chance.randrange(13, 22):02}:{chance.randrange(60):02}:{chance.randrange(60):02}.000Z"


def _flush(session: Session, rows: _Rows) -> None:
    """Put what waits into the record, parents first."""
    for table in SQLModel.metadata.sorted_tables:
        if waiting := rows.of.get(table.name):
            session.execute(insert(table), waiting)
