"""A rule of the site is written part by part: what is kept, what is refused, and what its examples say."""

from __future__ import annotations

import pytest

from store.actors import Actor, NotAllowed
from store.database import Database
from store.queries import SessionReader
from store.queries.rules import rule_versions
from store.scrub.rules import BadRules
from store.scrub.site_rules import RuleRefused, UnknownRule, switch_on
from store.scrub.writing import RulePart, copy_rule, remove_example, rule_parts, write_part
from store.terms import Role


@pytest.fixture
def site(db: Database) -> Database:
    """A site with one rule of its own, copied from the condition on more than 50 lines."""
    copy_rule(db, MANAGER, "r282", "site_fifty")
    return db


MANAGER = Actor("mmanager", Role.MANAGER)


def parts(db: Database) -> dict[str, RulePart]:
    with db.reading() as session:
        return {one.name: one for one in rule_parts(SessionReader(session), "site_fifty")}


def versions(db: Database) -> list[int]:
    with db.reading() as session:
        return [row.version for row in rule_versions(SessionReader(session), "site_fifty")]


def test_a_copy_has_every_field_and_the_examples_of_what_it_was_copied_from(site: Database) -> None:
    found = parts(site)

    assert found["when"].text
    assert found["severity"].choices == ("critical", "error", "warning", "info")
    assert [one.trouble for one in found.values()] == [""] * len(found)
    assert sum(name.startswith("example.") for name in found) >= 2


def test_each_part_that_is_written_is_a_version_that_is_off(site: Database) -> None:
    write_part(site, MANAGER, "site_fifty", "title", "More   than fifty")
    write_part(site, MANAGER, "site_fifty", "forms", "837i, 837p")
    write_part(site, MANAGER, "site_fifty", "effective_from", "2026-10-01")
    write_part(site, MANAGER, "site_fifty", "params", "place=billing.npi")

    found = parts(site)
    assert versions(site) == [1, 2, 3, 4, 5]
    assert (found["title"].text, found["forms"].text) == ("More than fifty", "837p 837i")
    assert (found["effective_from"].text, found["params"].text) == ("2026-10-01", "place=billing.npi")


def test_an_example_that_comes_out_otherwise_is_kept_and_keeps_the_rule_off(site: Database) -> None:
    count = sum(name.startswith("example.") for name in parts(site))

    write_part(site, MANAGER, "site_fifty", "example", "at=line.1.units line.1.units=2")

    added = parts(site)[f"example.{count + 1}"]
    assert "expected a finding at line.1.units" in added.trouble
    with pytest.raises(RuleRefused):
        switch_on(site, MANAGER, "site_fifty", "because")


def test_an_example_is_written_anew_and_taken_out(site: Database) -> None:
    before = parts(site)

    write_part(site, MANAGER, "site_fifty", "example.1", "billing.contact_phone=3085550100")
    written = parts(site)["example.1"].text
    remove_example(site, MANAGER, "site_fifty", "example.1")

    assert written == "billing.contact_phone=3085550100"
    assert len(parts(site)) == len(before) - 1


@pytest.mark.parametrize(
    ("name", "text", "error", "reason"),
    [
        ("when", "units >", BadRules, "when:"),
        ("severity", "grave", BadRules, "grave"),
        ("snip", "nine", BadRules, "snip must be a whole number"),
        ("effective_to", "tomorrow", BadRules, "must be a day"),
        ("message", "", BadRules, "message must be text"),
        ("colour", "red", RuleRefused, "a rule has no 'colour'"),
        ("title", "x" * 2_001, RuleRefused, "2,001 characters"),
        ("example", "line.9.units=3", BadRules, "no line or diagnosis of that number"),
        ("example", "billing.color=red", BadRules, "a claim has no billing.color"),
        ("example.99", "line.1.units=3", RuleRefused, "there is no example.99"),
        ("example.x", "line.1.units=3", RuleRefused, "there is no example.x"),
    ],
)
def test_what_a_part_cannot_be_is_refused_and_no_version_is_made(
    site: Database, name: str, text: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error) as refused:
        write_part(site, MANAGER, "site_fifty", name, text)

    assert reason in str(getattr(refused.value, "message", refused.value))
    assert versions(site) == [1]


def test_a_rule_that_ships_is_not_rewritten_and_a_coder_writes_none(site: Database) -> None:
    with pytest.raises(UnknownRule):
        write_part(site, MANAGER, "r282", "title", "mine")
    with pytest.raises(NotAllowed):
        write_part(site, Actor("ccoder", Role.CODER), "site_fifty", "title", "mine")
