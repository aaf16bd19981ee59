"""`codedesk code`: the page of a code: title, path, notes with their owners, flags, children."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from collections.abc import Sequence

from codesets import books, catalog, history, tabular
from codesets.catalog import Code, CodePage, StepKind
from codesets.errors import UnknownCode
from codesets.flags import flags
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.releases import SEARCHED, CodeSystem
from codesets.tabular import Branch, BranchPage
from tui.commands import codesets as shared
from tui.commands.first_use import open_with_progress

MOST_TRAILS = 20

_HEADINGS = {
    NoteKind.INCLUDES: "Includes",
    NoteKind.INCLUSION_TERM: "Inclusion terms",
    NoteKind.EXCLUDES1: "Excludes1 (not coded here)",
    NoteKind.EXCLUDES2: "Excludes2 (not included here)",
    NoteKind.CODE_FIRST: "Code first",
    NoteKind.USE_ADDITIONAL: "Use additional code",
    NoteKind.CODE_ALSO: "Code also",
    NoteKind.NOTES: "Notes",
    NoteKind.SEVENTH_CHARACTER: "7th character",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "code", metavar="CODE", help="in any spelling: e11.42, E1142; or a block (E08-E13) or chapter (4)"
    )
    names = [system.value for system in SEARCHED]
    parser.add_argument("-s", "--system", choices=names, help="code system (the one that has the code, if not given)")
    shared.add_date(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Show the page; raises UnknownCode for a code that the release answering for the date does not have."""
    on = shared.date_of(args)
    with open_with_progress() as reference:
        if args.system in (None, "icd10cm") and (told := _branch(reference, args.code, on, args.json)):
            print(told)
            return 0
        system = CodeSystem(args.system) if args.system else _system_of(reference, args.code, on)
        page = catalog.page(reference, system, args.code, on)
        if page is None:
            shared.warn(reference.choose(system, on).warning)
            raise _unknown(reference, system, args.code, on)
        more = _more_fields(reference, page, on) if args.json else _more(reference, page, on)
    shared.warn(page.warning)
    if isinstance(more, dict):
        print(json.dumps(_fields(page) | more, ensure_ascii=False, indent=2))
    else:
        print("\n".join([_text(page), *more]))
    return 0


def _system_of(reference: Reference, code: str, on: dt.date) -> CodeSystem:
    """The system that has the code, and for what none has the one that its shape belongs to; a dot means ICD-10-CM."""
    services = (CodeSystem.HCPCS, CodeSystem.CPT)
    order = (CodeSystem.ICD10CM,) if "." in code else (*services, CodeSystem.ICD10CM, CodeSystem.ICD10PCS)
    shaped = next((one for one, shape in _SHAPES if shape.fullmatch(code.strip().upper())), CodeSystem.ICD10CM)
    return next((one for one in order if catalog.find(reference, one, code, on)), shaped)


_SHAPES = (
    (CodeSystem.HCPCS, re.compile(r"[A-V][0-9]{4}")),
    (CodeSystem.CPT, re.compile(r"[0-9]{4}[0-9A-Z]")),
    (CodeSystem.ICD10PCS, re.compile(r"[0-9B-HX][0-9A-HJ-NP-Z]{6}")),
)
"""Codes without a dot that ICD-10-CM, whose printed codes have one, would not be written as."""


def _more(reference: Reference, page: CodePage, on: dt.date) -> list[str]:
    """What the loaded tables, the index and the other releases say of the code."""
    system, code = page.code.system, page.code.code
    lines = [f"  {flag.name}: {flag.value}  ({flag.edition})" for flag in flags(reference, system, code, on)]
    parts = [["", "Flags", *lines]] if lines else []
    if system is CodeSystem.ICD10CM and (trails := books.index_terms(reference, code, on, MOST_TRAILS)):
        others = {trail.book: books.edition(reference, trail.book, on) for trail in trails}
        told = {book: f"  ({other})" if other != page.release.edition else "" for book, other in others.items()}
        parts.append(["", "Index", *(f"  {trail.text}{told[trail.book]}" for trail in trails)])
    eras = history.history(reference, system, code).eras
    if len(eras) > 1:
        told = [f"  {era.first.edition} to {era.last.edition}: {era.stage.value} {era.title}" for era in eras]
        parts.append(["", "History", *told])
    return [line for part in parts for line in part]


def _more_fields(reference: Reference, page: CodePage, on: dt.date) -> dict:
    """The same for programs."""
    system, code = page.code.system, page.code.code
    trails = books.index_terms(reference, code, on, MOST_TRAILS) if system is CodeSystem.ICD10CM else []
    life = history.history(reference, system, code)
    return {
        "flags": [{"name": f.name, "value": f.value, "edition": f.edition} for f in flags(reference, system, code, on)],
        "index": [trail.text for trail in trails],
        "history": [
            {"first": e.first.edition, "last": e.last.edition, "stage": e.stage.value, "title": e.title}
            for e in life.eras
        ],
        "came_from": [catalog.dotted(one) for one in life.came_from],
        "became": [catalog.dotted(one) for one in life.became],
        "split_off": [catalog.dotted(one) for one in life.split_off],
    }


def _unknown(reference: Reference, system: CodeSystem, code: str, on: dt.date) -> UnknownCode:
    release = reference.choose(system, on).release
    if release is None:
        return UnknownCode(f"{code[:40]!r}: no {system.label} release is loaded")
    answer = catalog.validity(reference, system, code, max(min(on, release.ends), release.starts))
    near = f"near it: {answer.proposed.dotted} {answer.proposed.title}" if answer.proposed else ""
    return UnknownCode(f"{answer.reason[:200]}", near or "codedesk search finds codes by words")


def _text(page: CodePage) -> str:
    code = page.code
    lines = [f"{code.dotted}  {code.title}"]
    flag = "billable" if code.billable else "header, needs more characters"
    flag = f"not billable: {page.outside}" if page.outside else flag
    if page.default:
        flag += f"; default {page.default.dotted} {page.default.title}"
    lines += [flag, f"{page.release.system.label} {page.release.edition}, {page.release.period}"]
    if not page.release.complete:
        lines.append("from a starter list in own wording")
    if page.path:
        lines += ["", *(_step(page, depth) for depth in range(len(page.path)))]
    if page.notes_warning and (page.notes or page.seventh_characters):
        lines += ["", page.notes_warning]
    for kind, notes in page.notes.items():
        lines += ["", _HEADINGS[kind]]
        for note in notes:
            lines.append(f"  {note.text}" + (f"  [{_owner(note.owner_kind, note.owner)}]" if note.inherited else ""))
    if page.seventh_characters:
        lines += ["", f"7th characters of {catalog.dotted(page.seventh_characters[0].owner)}"]
        lines += [f"  {row.character}  {'; '.join((row.meaning, *row.also))}" for row in page.seventh_characters]
    if page.children:
        lines += ["", "Below it", *(f"  {_child(child)}" for child in page.children)]
    return "\n".join(lines)


def _branch(reference: Reference, named: str, on: dt.date, as_json: bool) -> str:
    """The page of a chapter or a block with what is directly below it; empty for the name of neither."""
    branch = tabular.branch_of(reference, named, on)
    if branch is None or branch.kind is StepKind.CODE:
        return ""
    found = tabular.branch_page(reference, branch, on)
    below = tabular.below(reference, branch.kind, branch.id, on)
    if found is None:
        return ""
    return _branch_json(found, below) if as_json else _branch_text(found, below)


def _branch_text(found: BranchPage, below: Sequence[Branch]) -> str:
    lines = [f"{_owner(found.branch.kind, found.branch.id)}  {found.branch.title}"]
    lines.append(f"{found.release.system.label} {found.release.edition}, {found.release.period}")
    if found.path:
        lines += ["", *(f"{_owner(step.kind, step.id)}  {step.title}" for step in found.path)]
    if found.notes_warning and found.notes:
        lines += ["", found.notes_warning]
    for kind, notes in found.notes.items():
        lines += ["", _HEADINGS[kind]]
        for note in notes:
            lines.append(f"  {note.text}" + (f"  [{_owner(note.owner_kind, note.owner)}]" if note.inherited else ""))
    lines += ["", "Below it", *(f"  {branch.name:<9} {branch.title}" for branch in below)]
    return "\n".join(lines)


def _branch_json(found: BranchPage, below: Sequence[Branch]) -> str:
    document = {
        "kind": found.branch.kind.value,
        "id": found.branch.id,
        "title": found.branch.title,
        "path": [{"kind": step.kind.value, "id": step.id, "title": step.title} for step in found.path],
        "notes": {
            kind.value: [{"text": note.text, "owner": note.owner, "inherited": note.inherited} for note in notes]
            for kind, notes in found.notes.items()
        },
        "below": [{"kind": one.kind.value, "id": one.name, "title": one.title} for one in below],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _step(page: CodePage, depth: int) -> str:
    step = page.path[depth]
    return f"{'  ' * depth}{_owner(step.kind, step.id)}  {step.title}"


def _owner(kind: StepKind, identity: str) -> str:
    if kind is StepKind.CODE:
        return catalog.dotted(identity)
    return f"chapter {identity}" if kind is StepKind.CHAPTER else identity


def _child(child: Code) -> str:
    return f"{child.dotted:<9} {child.title}" + ("" if child.billable else "  (header)")


def _fields(page: CodePage) -> dict:
    code = page.code
    return {
        "system": code.system.value,
        "code": code.dotted,
        "title": code.title,
        "billable": code.billable and not page.outside,
        "outside": page.outside or None,
        "default": page.default.dotted if page.default else None,
        "release": {
            "edition": page.release.edition,
            "starts": str(page.release.starts),
            "ends": str(page.release.ends),
            "complete": page.release.complete,
        },
        "covered": page.covered,
        "warning": page.warning or None,
        "notes_edition": page.notes_edition or None,
        "notes_warning": page.notes_warning or None,
        "path": [{"kind": s.kind.value, "id": _identity(s.kind, s.id), "title": s.title} for s in page.path],
        "notes": {
            kind.value: [
                {
                    "text": note.text,
                    "owner_kind": note.owner_kind.value,
                    "owner": _identity(note.owner_kind, note.owner),
                    "inherited": note.inherited,
                    "targets": [[catalog.dotted(t.first), catalog.dotted(t.last)] for t in note.targets],
                }
                for note in notes
            ]
            for kind, notes in page.notes.items()
        },
        "seventh_characters": [
            {"character": row.character, "meaning": row.meaning, "also": row.also} for row in page.seventh_characters
        ],
        "children": [{"code": c.dotted, "title": c.title, "billable": c.billable} for c in page.children],
    }


def _identity(kind: StepKind, identity: str) -> str:
    return catalog.dotted(identity) if kind is StepKind.CODE else identity
