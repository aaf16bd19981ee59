"""The examples that each rule carries: changes of a sound claim that it lets pass, and changes that it finds.

Those of the rules that ship stand in `examples.toml`; a rule that a site writes brings its own. An example is a table:
`set` paths to values (`billing.npi`, `coverage.payer.name`, `line.1.units`, `diagnosis.2.code`, `frequency`, `lines`
as a list or as a number of like ones; with the form 837i the claim is a stay), `without` paths that become nothing,
`given` what other claims and payers tell, `params` settings of the rule, `at` the place where a finding is expected.
Without `at` none is. The total follows the lines where it is not set.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from codesets.bill_codes import BillList
from codesets.edits.examples import code_examples
from codesets.edits.made_facts import MadeFacts
from store.claims.content import BilledDiagnosis, BilledLine, ClaimContent, parties_from_json
from store.claims.details import Details, LineDetails
from store.claims.people import Practitioner
from store.claims.plain import made
from store.scrub.checks import DuplicateLine, GroupedStay, ScrubFacts
from store.scrub.engine import scrub
from store.scrub.rules import BadRules, Rule, RuleBook
from store.scrub.sample import SAMPLE, STAY, TODAY, in_second_place
from store.terms import Severity

_KEYS = frozenset({"set", "without", "given", "params", "at", "unchecked"})
_CLAIM_FIELDS = frozenset(
    {"claim_number", "form", "frequency", "total_cents", "service_from", "service_through", "lines", "diagnoses"}
)
_EMPTY = {
    "referring": {"family_name": "Oyelaran", "given_name": "Tunde", "npi": "1999990041"},
    "supervising": {"family_name": "Oyelaran", "given_name": "Tunde", "npi": "1999990041"},
    "accident": {"date": "2026-09-14", "cause": "OA", "state": ""},
    "details": asdict(Details()),
    "pay_to": asdict(SAMPLE.parties.billing.address),
    "service_facility": {
        "name": "Prairie Annex",
        "npi": "1999990058",
        "address": {"line1": "77 Elm Street", "line2": "", "city": "Ansel", "state": "NE", "zip": "68814-0077"},
    },
}
"""What a party that the sound claim lacks begins as, when an example sets something of it."""


@dataclass(frozen=True)
class Outcome:
    """How the examples of a rule came out: how many pass and are found, and what is wrong, a line each."""

    rule_id: str
    passing: int
    failing: int
    trouble: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there is an example of each kind and all come out as they say."""
        return not self.trouble and self.passing > 0 and self.failing > 0

    @property
    def reasons(self) -> list[str]:
        """Why the rule cannot be switched on, a line each."""
        lacking = [] if self.passing else ["no example passes"]
        lacking += [] if self.failing else ["no example is found"]
        return [*self.trouble, *lacking]


def shipped_examples() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The examples of the rules that ship, by rule. Raises BadRules."""
    return _shipped()


def try_examples(rule: Rule, examples: Sequence[Mapping[str, Any]]) -> Outcome:
    """Run a rule on its examples; an example that cannot be read is trouble too."""
    trouble, passing, failing = [], 0, 0
    for number, example in enumerate(examples, 1):
        found = bool(example.get("at"))
        passing, failing = passing + (not found), failing + found
        if wrong := try_example(rule, example):
            trouble.append(f"example {number}: {wrong}")
    return Outcome(rule.id, passing, failing, tuple(trouble))


def try_example(rule: Rule, example: Mapping[str, Any]) -> str:
    """What comes out of one example otherwise than it says, `cannot be read` first where no claim can be made of it."""
    try:
        return _wrong(rule, example)
    except BadRules as error:
        return f"cannot be read: {error.message}"
    except KeyError as error:
        return f"cannot be read: a claim has no {error.args[0]}"
    except IndexError:
        return "cannot be read: the claim has no line or diagnosis of that number"
    except (TypeError, ValueError, AttributeError) as error:
        return f"cannot be read: {error}"


def try_code_edit(rule_id: str) -> Outcome:
    """Run a code edit on its examples."""
    examples = code_examples().get(rule_id, ())
    trouble = (f"example {n}: {wrong}" for n, one in enumerate(examples, 1) if (wrong := one.trouble()))
    found = sum(bool(one.at) for one in examples)
    return Outcome(rule_id, len(examples) - found, found, tuple(trouble))


def changed_claim(example: Mapping[str, Any]) -> ClaimContent:
    """The sound claim as an example changes it. Raises BadRules for a path that a claim does not have."""
    if unknown := set(example) - _KEYS:
        raise BadRules(f"an example has no {min(unknown)}", f"expected {', '.join(sorted(_KEYS))}")
    sample = STAY if example.get("set", {}).get("form") == "837i" else SAMPLE
    sample = in_second_place(sample, given) if (given := example.get("given", {}).get("secondary")) else sample
    claim, parties = _plain(sample), asdict(sample.parties)
    changes = {**example.get("set", {}), **dict.fromkeys(example.get("without", ()))}
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        if first in ("line", "diagnosis"):
            number, _, name = rest.partition(".")
            row = claim["lines" if first == "line" else "diagnoses"][int(number) - 1]
            _put(row, name, value)
        elif path in _CLAIM_FIELDS:
            claim[path] = value
        else:
            if rest and parties.get(first) is None and first in _EMPTY:
                parties[first] = deepcopy(_EMPTY[first])
            _put(parties, path, value)
    written = claim.pop("lines")
    copies = written if isinstance(written, list) else [_plain(sample)["lines"][0]] * written
    lines = tuple(_line(number, dict(row)) for number, row in enumerate(copies, 1))
    if "total_cents" not in changes:
        claim["total_cents"] = sum(line.charge_cents for line in lines)
    diagnoses = tuple(
        BilledDiagnosis(**{"sequence": number, **(row if isinstance(row, dict) else {"code": row})})
        for number, row in enumerate(claim.pop("diagnoses"), 1)
    )
    return ClaimContent(parties=parties_from_json(parties), lines=lines, diagnoses=diagnoses, **claim)


def _plain(sample: ClaimContent) -> dict[str, Any]:
    plain = asdict(sample)
    del plain["parties"]
    return {**plain, "lines": list(plain["lines"]), "diagnoses": list(plain["diagnoses"])}


def _wrong(rule: Rule, example: Mapping[str, Any]) -> str:
    """What comes out otherwise than the example says; empty where it holds."""
    rule = replace(rule, params={**rule.params, **example.get("params", {})})
    found = scrub(changed_claim(example), _facts(example.get("given", {})), RuleBook((rule,), _NO_EDITS))
    at, places = example.get("at", ""), [one.place for one in found]
    if not at:
        return f"expected nothing, found {found[0].message!r} at {places[0]}" if found else ""
    if at not in places:
        return f"expected a finding at {at}, found {', '.join(places) or 'none'}"
    unchecked = found[places.index(at)].severity is Severity.COULD_NOT_CHECK
    return "" if unchecked == example.get("unchecked", False) else f"{found[0].message}"


class _NoEdits(dict[str, Any]):
    """Every code edit switched off: an example is about one rule."""

    def __missing__(self, rule_id: str) -> Any:
        from store.scrub.rules import CodeEditBinding

        return CodeEditBinding(1, off=True)


_NO_EDITS = _NoEdits()


def _facts(given: Mapping[str, Any]) -> ScrubFacts:
    """What an example says of other claims: `today`, `same_number`, `duplicates` as lines and claim numbers.

    `grouped` is what the coding was grouped to, `deceased_on` the day on which the patient died, `held` what the payer
    holds of the visit, `voids_without_answer` the voids that it may refuse yet. `not_listed` are codes that their lists
    do not have, by the name of the list, or "missing" where no list is loaded.
    """
    unlisted = given.get("not_listed", {})
    lists = {"lists_missing": True} if unlisted == "missing" else {"not_listed": _codes_by_list(unlisted)}
    return ScrubFacts(
        today=dt.date.fromisoformat(given["today"]) if "today" in given else TODAY,
        codes=MadeFacts(**lists),
        same_number=given.get("same_number", 0),
        duplicates=tuple(DuplicateLine(line, other) for line, other in given.get("duplicates", ())),
        grouped=GroupedStay(**given["grouped"]) if "grouped" in given else None,
        deceased_on=given.get("deceased_on", ""),
        held=given.get("held", ""),
        voids_without_answer=tuple(given.get("voids_without_answer", ())),
    )


def _codes_by_list(unlisted: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    return {BillList(name).value: frozenset(codes) for name, codes in unlisted.items()}


def _put(owner: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for name in way:
        owner = owner[name]
    if last not in owner:
        raise BadRules(f"a claim has no {path}")
    if isinstance(owner[last], dict) and isinstance(value, dict):
        value = {**owner[last], **value}
    owner[last] = value


def _line(number: int, row: Mapping[str, Any]) -> BilledLine:
    sequence = row.get("sequence", number) if row.get("sequence") not in (1, 2) else number
    fields = {"code": "G0463", "service_date": SAMPLE.service_from, "charge_cents": 100, **row, "sequence": sequence}
    for name in ("modifiers", "pointers"):
        fields[name] = tuple(fields.get(name, (1,) if name == "pointers" else ()))
    if fields.get("rendering"):
        fields["rendering"] = Practitioner(**fields["rendering"])
    if fields.get("details"):
        fields["details"] = made(LineDetails, fields["details"])
    return BilledLine(**fields)


@cache
def _shipped() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    data = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf-8"))
    return {rule_id: examples_in(entry) for rule_id, entry in data.items()}


def examples_in(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The examples of one rule as a file has them: `passes` and `fails`. Raises BadRules for one in the wrong list."""
    for name in ("passes", "fails"):
        if not isinstance(entry.get(name, []), list):
            raise BadRules(f"{name}: expected a list of examples", _SHAPE)
    passes, fails = list(entry.get("passes", ())), list(entry.get("fails", ()))
    for name, examples in (("passes", passes), ("fails", fails)):
        for number, one in enumerate(examples, 1):
            _check_shape(f"{name}, example {number}", one, name == "fails")
    return [*passes, *fails]


_SHAPE = 'for example { set = { "line.1.units" = 51 }, at = "line.1.units" }'

_TABLES = ("set", "given", "params")


def _check_shape(where: str, example: object, found: bool) -> None:
    """Raise BadRules, with the example and the key, for what is no example."""
    if not isinstance(example, dict):
        raise BadRules(f"{where}: expected a table, not {str(example)[:40]!r}", _SHAPE)
    if unknown := sorted(map(str, set(example) - _KEYS)):
        raise BadRules(f"{where}: an example has no {unknown[0]!r}", f"expected {', '.join(sorted(_KEYS))}")
    for key in _TABLES:
        if not isinstance(example.get(key, {}), dict):
            raise BadRules(f"{where}: {key} is a table of names and values, not {str(example[key])[:40]!r}", _SHAPE)
    without = example.get("without", [])
    if not isinstance(without, list) or not all(isinstance(one, str) for one in without):
        raise BadRules(f"{where}: without is a list of places, not {str(without)[:40]!r}", 'without = ["referring"]')
    at = example.get("at", "")
    if not isinstance(at, str):
        raise BadRules(f"{where}: at is the place of the finding, not {str(at)[:40]!r}", _SHAPE)
    if found != bool(at):
        told = (
            "at says where the finding stands, and is missing" if found else "no finding is expected, and at names one"
        )
        raise BadRules(f"{where}: {told}", _SHAPE)
