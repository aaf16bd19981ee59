"""A query as text to be printed or sent by hand, and as an HL7 v2.5.1 message for a system that takes documents in.

The message is MDM^T02 (document notification with content): EVN, PID, PV1, TXA (type PQ, unique number
`query-NUMBER`, completion DI while it waits and AU once answered), and an OBX of type TX for each line, as in an
ORU: question, indicators, options, answer. Nothing of groups or money is in either.
"""

from __future__ import annotations

from codesets.safe import safe_block
from store.clock import clock
from store.queries import Reader
from store.queries.provider_queries import QueryPage
from store.settings import load_settings

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\", "\r": ""}


def as_text(page: QueryPage) -> str:
    """The query as a letter: who, about whom, what was found, what is asked, and how it can be answered."""
    row = page.row
    lines = [f"Query {row.number} to {row.provider}", f"About {row.patient}, {row.mrn}, service {row.service_date}", ""]
    lines += ["From the record:", *(f"  - {one}" for one in page.evidence), "", page.text, ""]
    lines += [f"  [ ] {one}" for one in page.options]
    if not page.options:
        lines.append("  Your answer: ______________________________________________")
    if page.answer or page.answer_text:
        said = "; ".join(filter(None, (page.answer, page.answer_text)))
        lines += ["", f"Answered {page.answered_at[:10]} by {page.answered_by}: {said}"]
    return safe_block("\n".join(lines)) + "\n"


def as_hl7(reader: Reader, page: QueryPage) -> str:
    """The query as one message with segments parted by carriage returns."""
    visit = reader.rows(
        "SELECT p.source, p.mrn, p.family_name, p.given_name, p.birth_date, p.sex, e.visit_number, e.patient_class,"
        " a.account_number FROM work_item w JOIN encounter e ON e.id = w.encounter_id"
        " JOIN patient p ON p.id = e.patient_id JOIN account a ON a.id = e.account_id WHERE w.id = :id",
        id=page.row.work_item_id,
    )[0]
    settings, at = load_settings(), clock().strftime("%Y%m%d%H%M%S")
    number = f"query-{page.row.number}"
    state = "AU" if page.answered_at else "DI"
    born = (visit["birth_date"] or "").replace("-", "")
    family, given = _escaped(visit["family_name"]), _escaped(visit["given_name"])
    provider = _escaped(page.row.provider)
    sender = _escaped(settings.submitter_id)
    segments = [
        f"MSH|^~\\&|CODEDESK|{sender}|||{at}||MDM^T02^MDM_T02|{number}-{at}|{settings.usage_indicator}|2.5.1",
        f"EVN|T02|{at}",
        f"PID|1||{_escaped(visit['mrn'])}^^^{_escaped(visit['source'])}^MR||{family}^{given}||{born}|"
        f"{_escaped(visit['sex'])}||||||||||{_escaped(visit['account_number'])}",
        f"PV1|1|{_escaped(visit['patient_class'])}{'|' * 17}{_escaped(visit['visit_number'])}",
        f"TXA|1|PQ|TX|{at}|{provider}|{at}||||||{number}|||||{state}",
    ]
    segments += [
        f"OBX|{place}|TX|{kind}^^L||{_escaped(text)}||||||{'F' if page.answered_at else 'P'}"
        for place, (kind, text) in enumerate(_observations(page), 1)
    ]
    return "\r".join(segments) + "\r"


def _observations(page: QueryPage) -> list[tuple[str, str]]:
    found = [("QUESTION", page.text), *(("INDICATOR", one) for one in page.evidence)]
    found += [("OPTION", one) for one in page.options]
    if page.answer or page.answer_text:
        found.append(("ANSWER", "; ".join(filter(None, (page.answer, page.answer_text)))))
    return found


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
