"""The page of a code as the encoder shows it: the tabular list, what leads to it, and what the loaded tables say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from codesets import books, catalog
from codesets import history as life
from codesets.books import Trail
from codesets.catalog import CodePage, Reference, Step, StepKind
from codesets.flags import Flag, flags
from codesets.history import Era, History
from codesets.releases import CodeSystem
from tui.cells import Line, wrap

MOST_TRAILS = 8


@dataclass(frozen=True)
class FullPage:
    """A code's page with its flags, the ways of the index to it, and its history."""

    page: CodePage
    flags: tuple[Flag, ...]
    trails: tuple[Trail, ...]
    history: History


def read_page(reference: Reference, system: CodeSystem, code: str, on: date) -> FullPage | None:
    """Everything there is on a code for a date; None where it is not known."""
    page = catalog.page(reference, system, code, on)
    if page is None:
        return None
    plain = page.code.code
    trails = books.index_terms(reference, plain, on, MOST_TRAILS) if system is CodeSystem.ICD10CM else []
    told = flags(reference, system, plain, on)
    return FullPage(page, tuple(told), tuple(trails), life.history(reference, system, plain))


def page_title(full: FullPage) -> str:
    """The code and where it stands, for the rule above its page."""
    page = full.page
    path = " > ".join(_step_name(step) for step in page.path)
    return f"{page.code.dotted}   {path}" if path else page.code.dotted


def page_note(full: FullPage) -> str:
    """What it is: billable with its flags in short, or a header."""
    if not full.page.code.billable:
        return f"header, {len(full.page.children)} below"
    short = [flag.value for flag in full.flags if flag.name == "severity"]
    short += [f"{flag.name} {flag.value}" for flag in full.flags if flag.name.startswith("HCC")]
    short += ["POA exempt" for flag in full.flags if (flag.name, flag.value) == ("POA", "exempt")]
    return "  ".join(["billable", *short])


_NOTE_LABELS = {
    "includes": "Includes",
    "inclusionTerm": "Also",
    "excludes1": "Excludes1",
    "excludes2": "Excludes2",
    "codeFirst": "Code 1st",
    "useAdditionalCode": "Use add.",
    "codeAlso": "Code also",
    "notes": "Note",
    "sevenChrNote": "7th",
}

_LABEL = 11


def page_lines(full: FullPage, why: str, width: int) -> list[Line]:
    """The page of a code: title, notes with those it inherits, 7th characters, what is below, and why it was found.

    Then how the index leads to it, its flags with the table that says each, and its life across the releases.
    """
    page = full.page
    lines: list[Line] = _labeled("", page.code.title, width, "strong")
    if page.warning:
        lines += _labeled("Release", page.warning, width, "warning")
    if page.default:
        lines += _labeled("Default", f"{page.default.dotted} {page.default.title}", width)
    for own in (True, False):
        for kind, notes in page.notes.items():
            chosen = [note for note in notes if note.inherited != own]
            label = _NOTE_LABELS.get(kind.value, kind.value)
            for owner in dict.fromkeys(note.owner for note in chosen):
                texts = [note.text for note in chosen if note.owner == owner]
                if not own:
                    lines.append((("  from ", "dim"), (_dot(owner), "dim")))
                for number, text in enumerate(texts):
                    lines += _labeled(label if number == 0 else "", text, width)
    for choice in page.seventh_characters:
        lines += _labeled(f"7th {choice.character}", choice.meaning, width)
    if page.children:
        for child in page.children:
            lines += _labeled(child.dotted, child.title, width, "text" if child.billable else "dim")
    if why:
        lines += _labeled("Why", why, width, "dim")
    for number, trail in enumerate(full.trails):
        lines += _labeled("Index" if number == 0 else "", trail.text, width, "dim")
    for flag in full.flags:
        lines += _labeled(flag.name[: _LABEL - 2], f"{flag.value}   ({flag.edition})", width)
    if len(full.history.eras) > 1:
        for number, era in enumerate(full.history.eras):
            lines += _labeled("History" if number == 0 else "", _era(era), width, "dim")
    for label, codes in (("Was", full.history.came_from), ("Became", full.history.became)):
        if codes:
            lines += _labeled(label, ", ".join(catalog.dotted(code) for code in codes), width, "dim")
    if len(page.path):
        lines += _labeled("Where", " > ".join(f"{_step_name(step)} {step.title}" for step in page.path), width, "dim")
    lines += _labeled(
        "Release", f"{page.release.system.label} {page.release.edition}, {page.release.period}", width, "dim"
    )
    return lines


def _era(era: Era) -> str:
    names = era.first.edition if era.first == era.last else f"{era.first.edition} to {era.last.edition}"
    return f"{names}: {era.stage.value}{f', {era.title}' if era.title else ''}"


def _step_name(step: Step) -> str:
    if step.kind is StepKind.CODE:
        return catalog.dotted(step.id)
    return f"chapter {step.id}" if step.kind is StepKind.CHAPTER else step.id


def _dot(owner: str) -> str:
    return catalog.dotted(owner) if owner[:1].isalpha() and "-" not in owner else owner


def _labeled(label: str, text: str, width: int, style: str = "text") -> list[Line]:
    indent = _LABEL if width > 40 else 2
    wrapped = wrap(text, max(width - indent - 1, 10))
    first = f" {label}".ljust(indent)
    return [((first if i == 0 else " " * indent, "dim"), (part, style)) for i, part in enumerate(wrapped)]
