"""The edits of a chart as the site has changed them: what is off is left out, what weighs otherwise does so.

The same changes hold on the chart and on the claim that is made of it (`store.scrub.overlays`), so that a coder is not
stopped by what the site has switched off, and is stopped by what it made an error. Beside the code edits stand the
rules of claims that look at codes alone (`store.coding.guideline_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from codesets.edits import CodeFinding, Severity
from codesets.reference import Reference
from store.coding.codes import Codes
from store.coding.lookup import check_chart
from store.queries import Reader
from store.queries.charts import ChartHead
from store.queries.surroundings import Surroundings

if TYPE_CHECKING:
    from store.scrub.rules import RuleBook

_NOTHING_AROUND = Surroundings()


def findings_of(
    reference: Reference,
    head: ChartHead,
    codes: Codes,
    book: RuleBook | None = None,
    around: Surroundings = _NOTHING_AROUND,
) -> tuple[CodeFinding, ...]:
    """Everything that the edits and rules say of a chart's codes, by the book that holds for it (`site_edits`).

    `around` is what decides beside the codes (`store.queries.surroundings`).

    What stands in the way of final coding comes first, then warnings: a coder at 80x24 sees two lines of it.
    """
    from store.coding.guideline_rules import check_guidelines

    edits = as_the_site_says(check_chart(reference, head, codes, around), book)
    found = (*edits, *check_guidelines(head, codes, book, around))
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.severity)))


_ORDER = list(Severity)
"""Severities stand from the weightiest to what could not be checked."""


def site_edits(reader: Reader, encounter_id: str, day: str) -> RuleBook | None:
    """The book that holds for a chart: by its payer, plan, specialty and facility on an ISO day. None: as shipped."""
    from store.queries.rules import rule_changes
    from store.scrub.overlays import Whose
    from store.scrub.site_rules import site_rules

    if not rule_changes(reader, standing=True):
        return None
    rows = reader.rows(
        """
        SELECT f.npi AS site,
               (SELECT v.taxonomy FROM encounter_provider x JOIN provider v ON v.id = x.provider_id
                WHERE x.encounter_id = e.id AND x.role IN ('rendering', 'attending')
                ORDER BY CASE x.role WHEN 'rendering' THEN 1 ELSE 2 END, x.id LIMIT 1) AS specialty,
               (SELECT y.payer_identifier FROM coverage c JOIN payer y ON y.id = c.payer_id
                WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1) AS payer,
               (SELECT c.plan_name FROM coverage c
                WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1) AS plan
        FROM encounter e LEFT JOIN facility f ON f.id = e.facility_id WHERE e.id = :id
        """,
        id=encounter_id,
    )
    whose = {name: rows[0][name] or "" for name in ("payer", "plan", "specialty", "site")} if rows else {}
    return site_rules(reader).for_whose(Whose(**whose), day)


def as_the_site_says(findings: Iterable[CodeFinding], book: RuleBook | None) -> tuple[CodeFinding, ...]:
    """The findings without those of edits that are off, each with the weight that the site gave its edit."""
    edits = book.code_edits if book else {}
    kept = []
    for finding in findings:
        binding = edits.get(finding.rule_id)
        if binding is not None and binding.off:
            continue
        if binding is not None and binding.severity and finding.severity is not Severity.COULD_NOT_CHECK:
            finding = replace(finding, severity=Severity(binding.severity.value))
        kept.append(finding)
    return tuple(kept)
