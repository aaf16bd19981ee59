"""The document that decides the coding of a visit: where a chart opens."""

from __future__ import annotations

import pytest

from store.coding.deciding import deciding
from store.queries.charts import ChartDocument
from store.terms import DocumentStatus, Setting


def document(name: str, day: int, code: str = "", signed: bool = True) -> ChartDocument:
    status = DocumentStatus.AUTHENTICATED if signed else DocumentStatus.IN_PROGRESS
    return ChartDocument(name, name, name, "", "", f"2026-08-{day:02}", "", status, 1, "text", code)


STAY = (
    document("History and physical", 1, "34117-2"),
    document("Progress note", 2, "11506-3"),
    document("Discharge summary", 3, "18842-5"),
    document("Nursing note", 4),
)


@pytest.mark.parametrize(
    ("setting", "documents", "place"),
    [
        (Setting.INPATIENT, STAY, 2),
        (Setting.INPATIENT, STAY[:2], 1),
        (Setting.EMERGENCY, (document("Emergency department note", 1), document("Triage note", 2)), 0),
        (Setting.SURGERY, (document("Report", 1, "11504-8"), document("Progress note", 2, "11506-3")), 0),
        (Setting.RADIOLOGY, (document("Order", 1), document("Imaging report", 2), document("Addendum", 3)), 1),
        (Setting.CLINIC, (document("Clinic visit note", 1), document("Clinic visit note", 8)), 1),
    ],
)
def test_a_chart_opens_at_the_newest_document_of_the_kind_of_its_visit(
    setting: Setting, documents: tuple[ChartDocument, ...], place: int
) -> None:
    assert deciding(setting, documents) == place


def test_a_signed_document_goes_before_a_newer_one_that_nobody_signed() -> None:
    documents = (document("Discharge summary", 3), document("Discharge summary", 4, signed=False))

    assert deciding(Setting.INPATIENT, documents) == 0


def test_without_one_of_the_kind_it_is_the_newest_of_those_that_say_most() -> None:
    documents = (document("Consultation", 1), document("Consultation", 2), document("Laboratory report", 3))

    assert deciding(Setting.RADIOLOGY, documents) == 1
    assert deciding(Setting.RADIOLOGY, ()) == 0
