"""What a check gets and gives, and the register of checks by the name that rules use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter, methodcaller
from typing import Any

from codesets.edits import CodeFacts, OtherService
from codesets.lazily import lazily
from store.claims.content import ClaimContent
from store.x12.writer import TextChange, writable


@dataclass(frozen=True)
class DuplicateLine:
    """A line of the claim whose service stands on another claim that is not void."""

    line: int
    other: str


@dataclass(frozen=True)
class GroupedStay:
    """What the coding of the claim was grouped to, and for which stay; `changed_at` is of codes changed since then.

    `discharged` is an ISO day, `disposition` the discharge status that the grouper was told.
    """

    drg: str
    discharged: str = ""
    disposition: str = ""
    changed_at: str = ""


@dataclass(frozen=True)
class ScrubFacts:
    """What a claim alone does not tell: the day, the code sets, and the claims around it.

    `others` are services of the patient on other claims around the days of this one. `text_changes` is what writing
    the claim would change; the engine finds it out once for all rules. `grouped` is None where the coding has no DRG.
    `deceased_on` is an ISO day or a part of one, empty where the patient lives. `held` is what the payer holds of the
    visit already, in words with what is to be done; `voids_without_answer` are voids there that it may refuse yet.
    """

    today: dt.date
    codes: CodeFacts
    same_number: int = 0
    others: tuple[OtherService, ...] = ()
    duplicates: tuple[DuplicateLine, ...] = ()
    text_changes: tuple[TextChange, ...] = ()
    grouped: GroupedStay | None = None
    deceased_on: str = ""
    held: str = ""
    voids_without_answer: tuple[str, ...] = ()

    @lazily
    def today_text(self) -> str:
        """The day as an ISO text."""
        return str(self.today)


@dataclass(frozen=True)
class Hit:
    """One place where a rule does not hold, with the values it saw; `not_checked` says why it could not tell."""

    place: str
    seen: Mapping[str, object] = field(default_factory=dict)
    not_checked: str = ""


Params = Mapping[str, Any]
"""A rule's settings for its check; each check says which it knows."""

Check = Callable[[ClaimContent, ScrubFacts, Params], Iterator[Hit]]

Needs = Callable[[ClaimContent], object]
"""Whether a check can find anything on a claim at all: asked once for all checks that need the same."""

CHECKS: dict[str, Check] = {}
NEEDS: dict[str, Needs] = {}


def check(name: str, needs: Needs | None = None) -> Callable[[Check], Check]:
    """Register a check under the name that rules use."""

    def register(function: Check) -> Check:
        if needs is not None:
            NEEDS[name] = needs
        CHECKS[name] = function
        return function

    return register


class Seldom:
    """Tells quickly that none of some codes is of a kind which few are of: those that are not are kept.

    What is asked of a code must follow from the code alone.
    """

    def __init__(self, is_one: Callable[[str], object]) -> None:
        self._is_one = is_one
        self._others: set[str] = set()

    def none_of(self, codes: Collection[str]) -> bool:
        """Whether none of the codes is of the kind."""
        if self._others.issuperset(codes):
            return True
        others = [code for code in codes if not self._is_one(code)]
        if len(self._others) > MOST_KEPT:
            self._others.clear()
        self._others.update(others)
        return len(others) == len(codes)


MOST_KEPT = 1 << 14

_DETAILS = attrgetter("details")
_RIDE = Seldom(methodcaller("startswith", ("A0", "a0")))


def has_details(claim: ClaimContent) -> object:
    """What only some claims state; checks of it need it."""
    return claim.parties.details


def has_any_details(claim: ClaimContent) -> object:
    """The same of a claim or of one of its lines."""
    return claim.parties.details or any(map(_DETAILS, claim.lines))


def has_clinicians_of_lines(claim: ClaimContent) -> object:
    """Clinicians that a line names for itself, or may name in what it states more."""
    return claim.parties.line_rendering or any(map(_DETAILS, claim.lines))


def of_ambulance(claim: ClaimContent) -> bool:
    """Whether a ride may be billed: by a code that begins as those of transport do, or by its place of service."""
    return claim.parties.place_of_service in AMBULANCES or not _RIDE.none_of(claim.line_codes)


AMBULANCES = ("41", "42")
"""Places of service of ambulances: by land, by air or water (CMS, Place of Service Code Set)."""


def has_days_beside_services(claim: ClaimContent) -> object:
    """Days that are of no line: of the illness, or of a stay."""
    return claim.parties.details or claim.parties.facility_bill


def has_accident(claim: ClaimContent) -> object:
    """An accident, by its cause; checks of it need one."""
    return claim.parties.accident


def has_other_coverages(claim: ClaimContent) -> object:
    """The coverages beside the billed one; checks of them need some."""
    return claim.parties.other_coverages


def has_later_place(claim: ClaimContent) -> object:
    """Other coverages, or a place after the first."""
    coverage = claim.parties.coverage
    return claim.parties.other_coverages or (coverage is not None and coverage.sequence > 1)


def of_medicaid(claim: ClaimContent) -> bool:
    """Whether Medicaid is billed (SBR09)."""
    coverage = claim.parties.coverage
    return coverage is not None and coverage.payer.filing_code == "MC"


def of_dependent(claim: ClaimContent) -> bool:
    """Whether somebody else is the subscriber."""
    coverage = claim.parties.coverage
    return coverage is not None and not coverage.patient_is_subscriber


def of_subscriber(claim: ClaimContent) -> bool:
    """Whether the patient is the subscriber, or has no coverage."""
    return not of_dependent(claim)


WHEN: Mapping[str, Needs] = {"self": of_subscriber, "dependent": of_dependent}
"""What the setting `when` of a rule needs; any other: nothing."""


@lru_cache(1 << 12)
def written(text: str) -> str:
    """A text as X12 can carry it, empty where nothing of it can."""
    return writable(text).text


def value_at(claim: ClaimContent, path: str) -> Any:
    """The value of a path within the parties, such as `billing.address.line1`; None where a party is absent."""
    value: Any = claim.parties
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def place_of(claim: ClaimContent, path: str) -> str:
    """The place of a path: the billed coverage carries its sequence, `coverage.1.payer.name`."""
    first, _, rest = path.partition(".")
    if first == "coverage" and claim.parties.coverage:
        return f"coverage.{claim.parties.coverage.sequence}.{rest}"
    return path


@lru_cache(1 << 12)
def iso_day(text: str | None) -> dt.date | None:
    """The day of a complete ISO date or moment, else None; a day of a week (2026-W37-2) cannot be written as one."""
    try:
        return dt.date.fromisoformat(text[:10]) if text and len(text) >= 10 and text[7] == "-" else None
    except ValueError:
        return None


@lru_cache(1 << 12)
def is_moment(text: str) -> bool:
    """Whether an ISO text has a whole day and an hour with its minute, as DTP states admission and discharge."""
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return iso_day(text) is not None and len(text) >= 16 and text[13] == ":"


def money(cents: int) -> str:
    """Cents as people read them: 21250 is `212.50`."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
