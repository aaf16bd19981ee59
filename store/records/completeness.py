"""What a chart lacks, by rules of its type of visit: a pure function over its documents. No database.

A rule is fulfilled by a current document of its kind; where the rule wants it signed, each such document must be. A
document that no rule asks for must be signed all the same: an unsigned one is a deficiency of its author's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from codesets.errors import UnreadableInput
from codesets.home import home
from codesets.shipped_tables import read_table
from store.terms import ProviderRole, Setting

OWN_FILE = "chart_rules.csv"
COLUMNS = ("id", "types", "codes", "names", "owner", "days", "signed", "words")
SIGNATURE = "signature"
"""The rule that every document falls under."""


@dataclass(frozen=True)
class ChartRule:
    """One thing that a chart must have, `days` after its visit ended."""

    id: str
    types: frozenset[Setting]
    codes: frozenset[str]
    names: tuple[str, ...]
    owner: tuple[ProviderRole, ...]
    days: int
    signed: bool
    words: str

    def fits(self, code: str, name: str) -> bool:
        """Whether a document is of the kind it asks for."""
        return code in self.codes or any(name.lower().startswith(one) for one in self.names)


@dataclass(frozen=True)
class HeldDocument:
    """A current document of a chart: its number, LOINC code, name, and whether it is signed."""

    number: str
    code: str
    name: str
    signed: bool


@dataclass(frozen=True)
class Lack:
    """Something that a chart lacks; `document` is empty where none has come."""

    rule_id: str
    document: str
    words: str
    owner: tuple[ProviderRole, ...]


def chart_rules() -> tuple[ChartRule, ...]:
    """The rules in force, a site's own over those shipped. Raises UnreadableInput with the rule that is wrong."""
    found: dict[str, ChartRule] = {}
    for path in (Path(str(files("store.records").joinpath("rules.csv"))), home() / OWN_FILE):
        if path.is_file():
            for row in read_table(path, COLUMNS):
                rule = _rule(path.name, *row)
                found[rule.id] = rule
    return tuple(found.values())


def lacking(
    rules: Sequence[ChartRule], kind: Setting, days_since: int, documents: Sequence[HeldDocument]
) -> list[Lack]:
    """What a chart lacks so many days after its visit ended, in the order of the rules, signatures behind."""
    found: list[Lack] = []
    for rule in rules:
        if kind not in rule.types or days_since < rule.days:
            continue
        if not any(rule.fits(one.code, one.name) for one in documents):
            found.append(Lack(rule.id, "", rule.words, rule.owner))
    for document in documents:
        if document.signed:
            continue
        fits = next((one for one in rules if kind in one.types and one.fits(document.code, document.name)), None)
        if fits is None or fits.signed:
            owner = fits.owner if fits else (ProviderRole.ATTENDING, ProviderRole.RENDERING)
            found.append(Lack(SIGNATURE, document.number, f"unsigned: {document.name.lower()}", owner))
    return found


def _rule(
    source: str, name: str, types: str, codes: str, names: str, owner: str, days: str, signed: str, words: str
) -> ChartRule:
    try:
        return ChartRule(
            name,
            frozenset(map(Setting, types.split())),
            frozenset(code for code in codes.split() if code != "-"),
            tuple(one.strip().lower() for one in names.split("/") if one.strip() not in ("", "-")),
            tuple(map(ProviderRole, owner.split())),
            int(days),
            signed == "y",
            words,
        )
    except ValueError as error:
        raise UnreadableInput(f"{source}: {name}: {error}", "types, roles and days as in the shipped rules") from None
