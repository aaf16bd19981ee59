"""Suggestions: recall and F1 on coded case reports, and the time for a note of 400 words.

The charts of the demo site are measured beside their answer keys. The reports lie beside the repository
(`../shared/data/notes`); without them only the charts are measured. Half of them are held back from development
(`case_reports.Report.held_back`); the bars are for the whole set, and the halves stand beside it. The usual way, beside
each figure, looks for every title and inclusion term word by word.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from codesets.reference import Reference, open_reference
from codesets.suggest import Note, open_suggester
from store.demo.site import load_site
from tests.bench import prepared, references
from tests.bench.case_reports import REPORTS, Report, reports, score
from tests.bench.figures import Figure

ON = dt.date(2026, 6, 1)
CHARTS_ON = dt.date(2026, 8, 1)
BARS = {(None, "recall@20"): 0.45, (None, "F1"): 0.33, (3, "F1"): 0.52}
WORDS, MOST_MS = 400, 30


def measure() -> list[Figure]:
    """Score with the alphabetic index loaded, and without it: at once, since times are those of a processor."""
    with open_reference(references.shipped().path) as reference:
        figures = _charts(reference)
    if not (REPORTS.exists() and references.INDEX_FILES.exists()):
        print("no figures of case reports: shared/data is not beside the repository", file=sys.stderr)
        return figures
    places = references.shipped().path, prepared.path(prepared.WITH_INDEX)
    with ProcessPoolExecutor(2) as both:
        for found in both.map(_scored_at, places, ("shipped data", "with index"), (False, True)):
            figures += found
    return figures


def _scored_at(place: Path, name: str, bars: bool) -> list[Figure]:
    with open_reference(place) as reference:
        return _scored(name, reference, bars)


def _charts(reference: Reference) -> list[Figure]:
    """How many keyed codes of the demo charts are suggested, and how many of the suggestions are keyed."""
    suggester = open_suggester(reference)
    keyed = found = suggested = 0
    for chart in load_site().charts:
        notes = [Note(document.text, document.type_name) for document in chart.encounter.documents]
        inpatient = chart.encounter.patient_class == "I"
        codes = {one.dotted for one in suggester.suggest_chart(notes, CHARTS_ON, inpatient).codes}
        key = {diagnosis.code for diagnosis in chart.key.diagnoses}
        keyed, found, suggested = keyed + len(key), found + len(key & codes), suggested + len(codes)
    return [
        Figure("demo charts: keyed codes suggested", 0.65, found / keyed, at_most=False),
        Figure("demo charts: suggestions that are keyed", 0.62, found / suggested, at_most=False),
    ]


def _scored(name: str, reference: Reference, bars: bool) -> list[Figure]:
    began = time.perf_counter()
    suggester = open_suggester(reference)
    suggester.suggest("chest pain", ON)
    figures = [Figure(f"{name}: start to first suggestion", 1, time.perf_counter() - began, "s")]
    look_up = _look_up(reference)
    every: list[tuple[Report, Sequence[str]]] = []
    usual: list[tuple[Report, Sequence[str]]] = []
    for part, held_back in (("developed on", False), ("held back", True)):
        chosen = [report for report in reports() if report.held_back is held_back]
        began = time.process_time()
        pairs = [(report, [one.code for one in suggester.suggest(report.text, ON).codes]) for report in chosen]
        spent = (time.process_time() - began) * 1000 * WORDS / sum(len(report.text.split()) for report in chosen)
        plain = [(report, look_up(report.text)) for report in chosen]
        figures += _figures(f"{name}, {part}", pairs, plain, bars=False)
        every, usual = every + pairs, usual + plain
        figures.append(Figure(f"{name}, {part}: {WORDS} words", MOST_MS, spent, "ms"))
    return figures + _figures(f"{name}, whole set", every, usual, bars)


def _figures(
    name: str, pairs: list[tuple[Report, Sequence[str]]], plain: list[tuple[Report, Sequence[str]]], bars: bool
) -> list[Figure]:
    figures = []
    for symptoms in (True, False):
        for characters in (None, 3):
            ours, usual = (score(each, characters, symptoms) for each in (pairs, plain))
            label = f"{name}, {'exact' if characters is None else '3 characters'}{'' if symptoms else ', no R'}"
            values = {f"recall@{depth}": (ours.recall(depth), usual.recall(depth)) for depth in (5, 10, 20)}
            values["F1"] = (ours.f1, usual.f1)
            for what, (figure, other) in values.items():
                bar = BARS.get((characters, what)) if bars and symptoms else None
                figures.append(Figure(f"{label}: {what}", bar, figure, at_most=False, other=other))
    return figures


def _look_up(reference: Reference) -> Callable[[str], list[str]]:
    """The usual way: every title and inclusion term that stands in the text word by word, the longest first."""
    rows = reference.db.execute(
        "SELECT c.code, c.title FROM codes c JOIN releases r ON r.id = c.release_id WHERE r.system = 'icd10cm'"
        " UNION SELECT owner, text FROM notes WHERE kind = 'inclusionTerm'"
    )
    phrases = {" ".join(re.findall(r"[a-z0-9]+", text.lower())): code for code, text in rows}
    longest = max(len(phrase.split()) for phrase in phrases)

    def found(text: str) -> list[str]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        hits: dict[str, int] = {}
        for start in range(len(words)):
            for size in range(1, longest + 1):
                if code := phrases.get(" ".join(words[start : start + size])):
                    hits[code] = max(hits.get(code, 0), size)
        return sorted(hits, key=lambda code: -hits[code])

    return found
