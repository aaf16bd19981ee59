"""Worklists as rows: what is in each, page by page, and why a chart stands where it stands."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from store.clock import clock_day
from store.queries import OnceReader, Reader, Row
from store.terms import Setting, WorkStatus, open_by

if TYPE_CHECKING:  # what the first frame does not ask for is loaded when it is asked for
    from store.criteria import Condition
    from store.queries.worklist_words import Words


class Sort(StrEnum):
    """Orders of a worklist; each ends with the id, so that a page has a place to go on from."""

    ORDER = "list order"
    PRIORITY = "priority"
    OLDEST = "oldest"
    MONEY = "money"
    PATIENT = "patient"
    BILL_BY = "days to bill"

    @property
    def asked(self) -> frozenset[str]:
        """The column of the permissions that the order tells of."""
        return frozenset({Sort.MONEY: {"money"}, Sort.PATIENT: {"names"}}.get(self, ()))


@dataclass(frozen=True)
class Listing:
    """What a worklist shows: which list (None: all), in which order, with which words, finished charts or open ones.

    `mine` is the id of a person: what is open with them or assigned to them. `criteria` are those of a saved view,
    judged as of `today`. With `alike` the words are names like those of the patients too, as where no chart has them.
    """

    worklist: str | None = None
    sort: Sort = Sort.ORDER
    text: str = ""
    finished: bool = False
    mine: str = ""
    criteria: Condition | None = None
    today: date | None = None
    alike: bool = False

    @property
    def asked(self) -> frozenset[str]:
        """The columns of the permissions that rows are chosen and sorted by."""
        groups = self.criteria.groups if self.criteria else ()
        lines = (line for group in groups for line in group.criteria)
        words = {"names", "record numbers"} if self.text.strip() else set()
        return frozenset({line.field.column for line in lines if line.field.column} | self.sort.asked | words)


@dataclass(slots=True)
class WorkRow:
    """One line of a worklist; `cents` is the sum of the posted charges, `mark` what stands before the line.

    Never changed, but not frozen: a page makes many, and so many frozen fields take four times as long to fill.
    """

    id: str
    encounter_id: str
    worklist: str
    status: WorkStatus
    priority: int
    service_date: str
    patient: str
    mrn: str
    payer: str
    setting: Setting
    cents: int
    new_documents: int
    claimed_by: str | None
    open_by: str = ""
    """Who has it open and since when: `Jae Park since 10:42`; empty where nobody has."""
    restricted: bool = False
    kind: str = ""
    bill_by: str = ""
    """ISO day of the payer's filing limit; empty where none is known."""
    facility: str = ""
    assigned: str = ""
    skill: str = ""
    came_back: str = ""
    hold: str = ""
    """The oldest open hold in words."""
    query_open: bool = False
    visit_number: str = ""
    key: str | int = 0
    """The value that the list is sorted by; paging goes on from it and the id."""

    def mark(self, me: str | None) -> str:
        """`H` on hold, `Q` for a query, `@` open by someone else, `+` new document, `✓` final coded, `#` restricted."""
        if self.status == WorkStatus.FINAL:
            return "✓"
        if self.status == WorkStatus.ON_HOLD:
            return "Q" if self.query_open else "H"
        if self.status == WorkStatus.IN_PROGRESS:
            return ">" if self.claimed_by == me else "@"
        if self.restricted:
            return "#"
        return "+" if self.new_documents else ""


@dataclass(frozen=True)
class WorklistCount:
    worklist: str
    ready: int
    in_progress: int
    on_hold: int
    final: int
    waits: bool = False
    """Whether its charts that nobody holds are not ready either: they wait, as for their first document."""

    @property
    def ready_or_waits(self) -> str:
        """What its charts that nobody holds are, in a word."""
        return "wait" if self.waits else "ready"


@dataclass(frozen=True)
class WhyHere:
    """Why a chart is in its worklist and at its place: the rule, the parts of the priority, what it holds."""

    rule: str
    priority: int
    reasons: tuple[tuple[int, str], ...]
    documents: int
    codes: int
    holds: tuple[str, ...]
    reason_for_visit: str
    canceled: str = ""
    """Why the chart is in no list any more, by which message and when; empty while there is something to code."""


PAGE_ROWS = 48
"""Rows of a page: one fills a screen of 50 lines; more of them only keep a key waiting."""

COUNT_CAP = 2_000_000
"""Counts stop here: a longer list is called by this number and a plus."""

NAMED_CAP = 1_000
"""Where counts of a list stop that is narrowed by names: many more are not looked through for one."""

_COLUMN = {
    Sort.ORDER: "w.order_key",
    Sort.PRIORITY: "w.rank",
    Sort.OLDEST: "w.service_date",
    Sort.MONEY: "w.charge_rank",
    Sort.PATIENT: "w.patient_name",
    Sort.BILL_BY: "w.bill_by",
}

_NO_LIMIT = "9999-12-31"

_STATUS, _SETTING = {one.value: one for one in WorkStatus}, {one.value: one for one in Setting}
"""Looked up for every row of a page: an enum called with a value takes five times as long."""

_TASKS = "FROM work_item w"
_FROM = f"{_TASKS} JOIN encounter e ON e.id = w.encounter_id JOIN patient p ON p.id = e.patient_id"
_ACCOUNT = " JOIN account a ON a.id = e.account_id"
"""Joined only where criteria are asked, which may ask of the account."""

# SQLite joins in the order of a CROSS JOIN: without statistics it would take the other way.
_TASKS_FIRST = f"{_TASKS} CROSS JOIN encounter e CROSS JOIN patient p"
_PATIENTS_FIRST = "FROM patient p CROSS JOIN encounter e CROSS JOIN work_item w"
_JOINED = ("e.id = w.encounter_id", "p.id = e.patient_id")

_LONG = 10_000
"""From so many charts on, a list is not looked through to count those of a name: its patients are."""


_SELECT = """
SELECT w.id, w.encounter_id, w.worklist, w.status, w.rank, w.service_date, w.charge_rank, w.patient_name,
       w.new_documents, w.claimed_by, w.claimed_at, w.restricted, w.kind, w.bill_by, w.order_key, w.skill, w.came_back,
       e.setting,
       CASE WHEN w.restricted THEN '' ELSE p.mrn END AS mrn,
       CASE WHEN w.restricted THEN '' ELSE e.visit_number END AS visit_number,
       (SELECT o.name FROM person o WHERE o.id = w.claimed_by) AS holder,
       (SELECT o.login FROM person o WHERE o.id = w.assigned_to) AS assigned,
       (SELECT f.name FROM facility f WHERE f.id = e.facility_id) AS facility,
       CASE WHEN w.status = 'on_hold' THEN (SELECT h.reason FROM hold h WHERE h.work_item_id = w.id
            AND h.cleared_at IS NULL ORDER BY h.opened_at LIMIT 1) END AS hold,
       CASE WHEN w.status = 'on_hold' AND EXISTS (SELECT 1 FROM provider_query q WHERE q.work_item_id = w.id
            AND q.status IN ('sent', 'answered')) THEN 1 ELSE 0 END AS query_open,
       COALESCE((SELECT y.name FROM coverage c JOIN payer y ON y.id = c.payer_id
                 WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1), 'Self pay') AS payer
"""


def worklist_page(
    reader: Reader, listing: Listing, after: WorkRow | None = None, before: WorkRow | None = None, last: bool = False
) -> list[WorkRow]:
    """One page of a list: its first rows, those after or before a row, or its last ones; always in the list's order."""
    column = _COLUMN[listing.sort]
    asked = _asked(reader, listing)
    parameters, where = dict(asked.parameters), ""
    backwards = last or before is not None
    if (beside := after or before) is not None:
        where = f" AND ({column}, w.id) {'<' if backwards else '>'} (:key, :id)"
        parameters |= {"key": beside.key, "id": beside.id}
    direction = " DESC" if backwards else ""
    order = f"ORDER BY {column}{direction}, w.id{direction}"
    sql = f"{_SELECT} {asked.joined}{where} {order} LIMIT {PAGE_ROWS}"
    if listing.text.strip():  # what rows show is read for a page of them, not for all that are put in order
        sql = f"{_SELECT} {_FROM} WHERE w.id IN ({asked.ids(column, backwards, PAGE_ROWS, where)}) {order}"
    found = _work_rows(reader.rows(sql, **parameters), listing.sort)
    return found[::-1] if backwards else found


def page_around(reader: Reader, listing: Listing, row: WorkRow) -> tuple[int, list[WorkRow]]:
    """The page that a row stands on now, by its number from 0, and its rows; where it would stand if it has gone.

    For a list that is read again while the cursor is far down in it.
    """
    column = _COLUMN[listing.sort]
    asked = _asked(reader, listing)
    present = reader.rows(f"{_SELECT} {asked.joined} AND w.id = :row", **asked.parameters, row=row.id)
    here = _work_rows(present, listing.sort)
    row = here[0] if here else row
    sql = f"SELECT COUNT(*) AS n {asked.counted} AND ({column}, w.id) < (:key, :id)"
    place = int(reader.rows(sql, **asked.parameters, key=row.key, id=row.id)[0]["n"])
    number, inside = divmod(place, PAGE_ROWS)
    before = worklist_page(reader, listing, before=row)
    rows = [*before[len(before) - inside :], *here, *worklist_page(reader, listing, after=row)]
    return number, rows[:PAGE_ROWS]


def worklist_rows(reader: Reader, listing: Listing) -> list[WorkRow]:
    """Every row of a list, page after page: for the command line, not for screens."""
    rows: list[WorkRow] = []
    while page := worklist_page(reader, listing, after=rows[-1] if rows else None):
        rows += page
    return rows


def worklist_ids(reader: Reader, listing: Listing, most: int) -> list[str]:
    """The ids of the first rows of a list in its order, at most so many."""
    asked = _asked(reader, listing)
    return [row["id"] for row in reader.rows(asked.ids(_COLUMN[listing.sort], False, most), **asked.parameters)]


def worklist_count(reader: Reader, listing: Listing) -> int:
    """How many rows a list has, counted up to one more than its cap (`count_cap`)."""
    asked, cap = _asked(reader, listing), count_cap(listing)
    if asked.nobody:
        return 0
    if not asked.parameters.keys() - {"worklist"}:
        sql = f"SELECT COUNT(*) AS n {asked.counted}"  # from the narrowest index alone, not from its rows one by one
    elif asked.of_patients and (asked.few or _is_long(reader, listing)):
        every = " UNION ALL ".join(f"SELECT 1 AS n {one}" for one in asked.of_patients)
        sql = f"SELECT COUNT(*) AS n FROM (SELECT n FROM ({every}) AS every LIMIT {cap + 1}) AS counted"
    else:
        sql = f"SELECT COUNT(*) AS n FROM (SELECT 1 {asked.counted} LIMIT {cap + 1}) AS counted"
    return min(int(reader.rows(sql, **asked.parameters)[0]["n"]), cap + 1)


def as_found(reader: Reader, listing: Listing) -> tuple[Listing, int]:
    """The list itself where it has rows, else the one of names that are like its words; and how many rows that has."""
    once = OnceReader(reader)  # of several words most are asked for again as they stand
    count = worklist_count(once, listing)
    if count or not listing.text.strip():
        return listing, count
    alike = replace(listing, alike=True)
    return alike, worklist_count(once, alike)


def count_cap(listing: Listing) -> int:
    """Where the count of a list stops; one more says that there are more."""
    if not listing.text:
        return COUNT_CAP
    from store.queries.worklist_words import ALIKE

    return NAMED_CAP if listing.text.strip(f"{ALIKE} ") else COUNT_CAP


@dataclass(frozen=True)
class _Asked:
    """A list as SQL from FROM on: with all that rows show, with what is enough to count, and with patients first.

    The last are two, which leave nobody out and name nobody twice; none where no word is a name and nothing else.
    With `few` they are the quickest way, with `nobody` they find none.
    """

    joined: str
    counted: str
    of_patients: Sequence[str]
    few: bool
    nobody: bool
    parameters: Mapping[str, object]

    def ids(self, column: str, backwards: bool, most: int, where: str = "") -> str:
        """The ids of the first rows, or the last ones, by a column; `where` leaves some out."""
        direction = " DESC" if backwards else ""
        if self.few:
            every = " UNION ALL ".join(f"SELECT w.id AS id, {column} AS key {one}{where}" for one in self.of_patients)
            return f"SELECT id FROM ({every}) AS every ORDER BY key{direction}, id{direction} LIMIT {most}"
        return f"SELECT w.id {self.counted}{where} ORDER BY {column}{direction}, w.id{direction} LIMIT {most}"


def _asked(reader: Reader, listing: Listing) -> _Asked:
    listed, parameters = _listed(listing)
    joined, counted, patients_first = _FROM, _TASKS, _PATIENTS_FIRST
    besides, names = [], list[str]()
    if listing.mine:
        besides.append("(w.claimed_by = :mine OR w.assigned_to = :mine)")
        parameters["mine"] = listing.mine
    if (words := _words(reader, listing)) is not None:
        names += words.names
        besides += words.besides
        parameters |= words.parameters
        if words.besides:
            counted = _TASKS_FIRST
    if listing.criteria and listing.criteria.groups:
        from store.criteria.sql import where as criteria_where

        asked, values = criteria_where(listing.criteria, listing.today or clock_day(), reader.on_postgres)
        besides.append(f"({asked})")
        parameters |= values
        joined, patients_first = joined + _ACCOUNT, patients_first + _ACCOUNT
        counted = joined
    of_patients: list[str] = []
    patients = words.patients if words is not None else None
    if patients is not None:
        # An empty text behind these columns keeps SQLite from their indexes: the patient's is the one to take.
        unindexed = [one.replace(".worklist", ".worklist || ''").replace(".status", ".status || ''") for one in listed]
        every = " AND ".join([*_JOINED, *unindexed, *besides])
        of_patients = [f"{patients_first} WHERE {one} AND {every}" for one in patients.conditions]
        if patients.tasks and listing.worklist and not listing.finished and not besides:
            of_patients[0] = " AND ".join([patients.tasks, *listed])
    every = " AND ".join([*listed, *names, *besides, *(_JOINED if counted == _TASKS_FIRST else ())])
    few, nobody = (patients.few, patients.nobody) if patients is not None else (False, False)
    return _Asked(f"{joined} WHERE {every}", f"{counted} WHERE {every}", of_patients, few, nobody, parameters)


def _words(reader: Reader, listing: Listing) -> Words | None:
    if not listing.text:
        return None
    from store.queries.worklist_words import words_asked

    return words_asked(reader, listing.text, listing.alike)


def _listed(listing: Listing) -> tuple[list[str], dict[str, object]]:
    """Which tasks are in a list at all, and the value that this is asked by."""
    # The open states stand here letter for letter as in the partial indexes, or no index is used.
    where = ["w.status = 'final'" if listing.finished else "w.status IN ('ready', 'in_progress', 'on_hold')"]
    if listing.worklist is None:
        return where, {}
    return ["w.worklist = :worklist", *where], {"worklist": listing.worklist}


def _is_long(reader: Reader, listing: Listing) -> bool:
    where, parameters = _listed(listing)
    sql = f"SELECT COUNT(*) AS n FROM (SELECT 1 {_TASKS} WHERE {' AND '.join(where)} LIMIT {_LONG}) AS counted"
    return int(reader.rows(sql, **parameters)[0]["n"]) == _LONG


@dataclass(frozen=True)
class LeftOpen:
    """A chart that a person left without closing it, or with something typed; `since` is ISO text in UTC."""

    work_item_id: str
    patient: str
    since: str
    typed: str


def left_open(reader: Reader, person_id: str) -> LeftOpen | None:
    """The chart that a person was last in when their line broke; None where everything was put away."""
    rows = reader.rows(
        """
        SELECT w.id, w.patient_name, COALESCE(d.saved_at, w.claimed_at, '') AS since, COALESCE(d.text, '') AS typed
        FROM work_item w LEFT JOIN entry_draft d ON d.encounter_id = w.encounter_id AND d.person_id = :person
        WHERE w.claimed_by = :person AND w.status = 'in_progress'
        UNION ALL
        SELECT w.id, w.patient_name, d.saved_at, d.text
        FROM entry_draft d CROSS JOIN work_item w
        WHERE w.encounter_id = d.encounter_id AND d.person_id = :person AND d.text <> '' AND w.status = 'ready'
          AND SUBSTR(d.text, 1, 1) <> :line_end
        ORDER BY 3 DESC LIMIT 1
        """,
        person=person_id,
        line_end="\n",  # a draft without an entry has a worksheet alone, which calls nobody back
    )
    if not rows:
        return None
    from store.queries.drafts import ENTRY, places_of

    typed = places_of(rows[0]["typed"])[ENTRY]
    return LeftOpen(rows[0]["id"], rows[0]["patient_name"], rows[0]["since"], typed)


def worklist_counts(reader: Reader) -> list[WorklistCount]:
    """How many charts each worklist has in each state, in the order of the site's worklists."""
    rows = reader.rows("SELECT worklist, status, COUNT(*) AS n FROM work_item GROUP BY worklist, status")
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["worklist"], Counter())[row["status"]] = int(row["n"])
    from store.queries.worklist_rules import waiting_worklists

    waiting = waiting_worklists(reader)
    return [
        WorklistCount(n, in_["ready"], in_["in_progress"], in_["on_hold"], in_["final"], n in waiting)
        for n, in_ in sorted(counts.items())
    ]


def why_here(reader: Reader, work_item_id: str) -> WhyHere | None:
    """The reasons of one chart's place in its worklist."""
    rows = reader.rows(
        """
        SELECT w.rule, w.rank, w.reasons, CASE WHEN w.restricted THEN '' ELSE e.reason END AS reason,
               (SELECT COUNT(*) FROM document d WHERE d.encounter_id = e.id AND d.current) AS documents,
               (SELECT COUNT(*) FROM final_diagnosis f JOIN coding g ON g.id = f.coding_id
                WHERE g.encounter_id = e.id AND g.kind = w.kind AND g.status <> 'superseded') AS codes
        FROM work_item w JOIN encounter e ON e.id = w.encounter_id WHERE w.id = :id
        """,
        id=work_item_id,
    )
    if not rows:
        return None
    from store.queries.late import nothing_to_code

    row = rows[0]
    holds = reader.rows(
        "SELECT reason, owner FROM hold WHERE work_item_id = :id AND cleared_at IS NULL ORDER BY opened_at",
        id=work_item_id,
    )
    return WhyHere(
        rule=row["rule"],
        priority=-row["rank"],
        reasons=tuple((points, words) for points, words in _loaded(row["reasons"])),
        documents=row["documents"],
        codes=row["codes"],
        holds=tuple(f"{h['reason']} ({h['owner']})" for h in holds),
        reason_for_visit=row["reason"],
        canceled=nothing_to_code(reader, work_item_id),
    )


def units_today(reader: Reader, person_id: str, day: str) -> int:
    """How many charts a person has final coded on an ISO day (UTC)."""
    rows = reader.rows(
        "SELECT COUNT(*) AS n FROM coding WHERE coder_id = :person AND finalized_at LIKE :day",
        person=person_id,
        day=f"{day}%",
    )
    return int(rows[0]["n"])


def _work_rows(rows: Sequence[Row], sort: Sort) -> list[WorkRow]:
    key = _COLUMN[sort].removeprefix("w.")
    return [_work_row(row, key) for row in _by_name(rows)]


def _by_name(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows as dictionaries: those of the standard library look for each name from the first column on."""
    if not rows or isinstance(rows[0], Mapping):
        return rows
    names = rows[0].keys()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _work_row(row: Row, key: str) -> WorkRow:
    return WorkRow(
        id=row["id"],
        encounter_id=row["encounter_id"],
        worklist=row["worklist"],
        status=_STATUS[row["status"]],
        priority=-row["rank"],
        service_date=row["service_date"],
        patient=row["patient_name"],
        mrn=row["mrn"],
        payer=row["payer"],
        setting=_SETTING[row["setting"]],
        cents=-row["charge_rank"],
        new_documents=row["new_documents"],
        claimed_by=row["claimed_by"],
        open_by=open_by(row["holder"] or "", row["claimed_at"]) if row["status"] == WorkStatus.IN_PROGRESS else "",
        restricted=bool(row["restricted"]),
        kind=row["kind"],
        bill_by="" if row["bill_by"] == _NO_LIMIT else row["bill_by"],
        facility=row["facility"] or "",
        assigned=row["assigned"] or "",
        skill=row["skill"],
        came_back=row["came_back"],
        hold=row["hold"] or "",
        query_open=bool(row["query_open"]),
        visit_number=row["visit_number"],
        key=row[key],
    )


def _loaded(value: Any) -> Sequence[Any]:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return list(json.loads(value) if isinstance(value, str) else value)
