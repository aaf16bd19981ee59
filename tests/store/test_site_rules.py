"""Rules of the site and changes of rules: versions, examples that must hold, overlays, rollback, counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor, NotAllowed
from store.claims.build import build_claims
from store.claims.content import ClaimContent
from store.claims.scrubbing import ScrubResult, scrub_claim
from store.database import Database
from store.models import Coverage, Encounter, LogEntry, Payer
from store.queries import SessionReader
from store.queries.claims import claim_page
from store.queries.rules import Firings, rule_changes, rule_firings
from store.scrub.catalog import rule_content
from store.scrub.checks import ScrubFacts
from store.scrub.engine import scrub
from store.scrub.findings import OverrideRefused, override
from store.scrub.firings import Outcome, note_outcome
from store.scrub.overlays import Action, Overlay, Scope, SiteRules
from store.scrub.rules import BadRules, RuleBook, read_rule, rule_book
from store.scrub.site_rules import (
    RuleRefused,
    RuleText,
    UnknownRule,
    change_rule,
    read_text,
    roll_back,
    save_version,
    site_rules,
    switch_on,
)
from store.scrub.trial import try_rule
from store.terms import Role, Severity
from tests.store.claim_samples import (
    CODES,
    SOUND_CLAIM,
    TODAY,
    add_coding,
    add_encounter,
    with_coverage,
    with_parties,
    with_payer,
)
from tests.store.test_claims_scrub import BLOCKED, a_claim, findings, the_finding

pytestmark = pytest.mark.both_databases

SILENT = {rule_id: replace(one, off=True) for rule_id, one in rule_book().code_edits.items()}

VISIT: dict[str, Any] = {
    "id": "site_visit",
    "title": "More than four units of a visit",
    "family": "codes",
    "level": "line",
    "severity": "error",
    "when": "code == 'G0463' and units > 4",
    "params": {"place": "units"},
    "message": "Line {line} has {units} units.",
    "fix": "Bill one unit.",
    "citation": "Contract, section 4",
    "snip": 7,
    "passes": [{}],
    "fails": [{"set": {"line.1.units": 5}, "at": "line.1.units"}],
}


def add_payer(db: Database, identifier: str = "BLUEP") -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Payer(source="test", local_id=identifier, name="Blue", payer_identifier=identifier))


def a_rule(**changes: Any) -> RuleText:
    return read_text(VISIT | changes)


def book(db: Database, claim: ClaimContent = SOUND_CLAIM) -> RuleBook:
    with db.reading() as session:
        return site_rules(SessionReader(session)).for_claim(claim)


def ids(of: RuleBook) -> set[str]:
    return {rule.id for rule in of.rules}


def weigh(severity: str, scope: Scope = Scope.ALL, whom: str = "", rule: str = "r014", **changes: str) -> Overlay:
    return Overlay(0, rule, scope, whom, Action.SEVERITY, {"severity": severity}, reason="agreed", **changes)


def test_a_rule_of_the_site_begins_switched_off(db: Database) -> None:
    save_version(db, SYSTEM, a_rule())

    assert "site_visit" not in ids(book(db))


def test_a_rule_whose_examples_hold_can_be_switched_on(db: Database) -> None:
    save_version(db, SYSTEM, a_rule())

    switch_on(db, SYSTEM, "site_visit", "contract")

    assert book(db).rule("site_visit").version == 1


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"when": "units > 9"}, "example 2: expected a finding at line.1.units, found none"),
        ({"passes": []}, "no example passes"),
        ({"fails": []}, "no example is found"),
        ({"passes": [{"set": {"billing.nothing": 1}}]}, "a claim has no billing.nothing"),
        ({"passes": [{"set": {"line.9.units": 1}}]}, "example 1: cannot be read"),
    ],
)
def test_a_rule_whose_examples_do_not_hold_stays_off(db: Database, broken: dict[str, Any], told: str) -> None:
    save_version(db, SYSTEM, a_rule(**broken))

    with pytest.raises(RuleRefused, match=told):
        switch_on(db, SYSTEM, "site_visit", "contract")

    assert "site_visit" not in ids(book(db))


def test_a_new_version_is_used_when_it_is_switched_on_and_rolled_back(db: Database) -> None:
    save_version(db, SYSTEM, a_rule())
    switch_on(db, SYSTEM, "site_visit", "contract")
    save_version(db, SYSTEM, a_rule(title="Units of a visit"))
    switch_on(db, SYSTEM, "site_visit", "clearer")
    assert book(db).rule("site_visit").version == 2

    roll_back(db, SYSTEM, "site_visit", "not clearer")

    assert book(db).rule("site_visit").version == 1


def test_the_version_stands_in_the_finding(db: Database) -> None:
    save_version(db, SYSTEM, a_rule())
    switch_on(db, SYSTEM, "site_visit", "contract")
    claim = replace(SOUND_CLAIM, lines=(replace(SOUND_CLAIM.lines[0], units=5), SOUND_CLAIM.lines[1]))

    found = [one for one in scrub(claim, ScrubFacts(TODAY, CODES), book(db)) if one.rule_id == "site_visit"]

    assert [(one.rule_version, one.place) for one in found] == [(1, "line.1.units")]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"id": "Visit 1"}, "an id has small letters"),
        ({"when": "units.x > 4"}, "reaching into a value is not let through at character"),
        ({"colour": "red"}, "no field is called colour"),
        ({"snip": 8}, "SNIP types go from 1 to 7"),
        ({"passes": [{"at": "claim"}]}, "no finding is expected, and at names one"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_fault(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRules, match=told):
        a_rule(**fields)


def test_a_rule_that_ships_is_not_rewritten(db: Database) -> None:
    with pytest.raises(RuleRefused, match="ships with codedesk"):
        save_version(db, SYSTEM, a_rule(id="r014"))


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ("r261", {"required": ["E0601"]}, "'E0601' is no part of required"),
        ("r261", {"required": "BLUEP:E0601"}, "required is a list"),
        ("r261", {"other": 3}, "has no setting 'other'"),
        ("r282", {"place": "line"}, "has no setting 'place'"),
        ("r201", {"most": "many"}, "most is a whole number"),
    ],
)
def test_a_setting_that_would_make_a_rule_silent_is_refused(db: Database, rule: str, value: dict, told: str) -> None:
    with pytest.raises(RuleRefused) as refusal:
        change_rule(db, SYSTEM, Overlay(0, rule, Scope.ALL, "", Action.PARAMS, value, reason="a try"))

    assert told in refusal.value.message


def test_a_change_for_a_payer_holds_for_that_payer_alone(db: Database) -> None:
    add_payer(db)
    change_rule(db, SYSTEM, weigh("info", Scope.PAYER, "BLUEP"))

    assert book(db).rule("r014").severity is Severity.INFO
    assert book(db, with_payer(identifier="OTHER")).rule("r014").severity is Severity.WARNING


def test_the_narrower_change_wins() -> None:
    changes = [
        weigh("error", Scope.SITE, SOUND_CLAIM.parties.billing.npi),
        weigh("info", Scope.PAYER, "BLUEP"),
        weigh("critical"),
    ]
    shipped = SiteRules(RuleBook((), {})).shipped
    from store.scrub.rules import rule_book

    site = SiteRules(rule_book(), {}, [replace(one, number=n) for n, one in enumerate(changes, 1)])

    assert shipped.rules == ()
    assert site.for_claim(SOUND_CLAIM).rule("r014").severity is Severity.ERROR


@pytest.mark.parametrize(("day", "severity"), [("2026-09-15", Severity.INFO), ("2026-09-16", Severity.WARNING)])
def test_a_change_holds_on_its_days_of_service(db: Database, day: str, severity: Severity) -> None:
    change_rule(db, SYSTEM, weigh("info", effective_from="2026-09-01", effective_to="2026-09-15"))

    assert book(db, replace(SOUND_CLAIM, service_from=day)).rule("r014").severity is severity


def test_a_rule_is_off_for_a_specialty_and_the_finding_of_others_names_no_change(db: Database) -> None:
    overlay = Overlay(0, "r014", Scope.SPECIALTY, "207Q00000X", Action.OFF, reason="they bill otherwise")
    change_rule(db, SYSTEM, overlay)

    surgeon = replace(SOUND_CLAIM.parties.rendering, taxonomy="208600000X")  # type: ignore[type-var]

    assert "r014" not in ids(book(db))
    assert "r014" in ids(book(db, with_parties(rendering=surgeon)))


def test_a_code_edit_is_weighed_otherwise_and_its_finding_says_why(db: Database) -> None:
    add_payer(db)
    change_rule(db, SYSTEM, weigh("warning", Scope.PAYER, "BLUEP", rule="c34"))
    claim = replace(SOUND_CLAIM, lines=(replace(SOUND_CLAIM.lines[0], pointers=()), SOUND_CLAIM.lines[1]))

    (found,) = [one for one in scrub(claim, ScrubFacts(TODAY, CODES), book(db)) if one.rule_id == "c34"]

    assert (found.severity, found.overlay) == (Severity.WARNING, "payer BLUEP: severity warning")


def test_settings_of_a_rule_are_the_sites_own(db: Database) -> None:
    required = Overlay(0, "r261", Scope.ALL, "", Action.PARAMS, {"required": ["BLUEP:G0439"]}, reason="list of July")
    change_rule(db, SYSTEM, required)

    found = scrub(SOUND_CLAIM, ScrubFacts(TODAY, CODES), book(db))

    assert [(one.rule_id, one.place) for one in found] == [("r261", "line.2.code")]


@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        (weigh("red"), "'red' is no severity"),
        (weigh("info", Scope.PAYER, ""), "whose payer"),
        (weigh("info", Scope.PAYER, "BLUEQ"), "no payer has the identifier 'BLUEQ'"),
        (weigh("info", Scope.SITE, "1999990018"), "'1999990018' is no NPI"),
        (weigh("info", Scope.SPECIALTY, "surgeon"), "'surgeon' is no taxonomy"),
        (weigh("info", effective_from="tomorrow"), "is no day"),
        (weigh("info", effective_from="2026-02-01", effective_to="2026-01-01"), "before it begins"),
        (replace(weigh("info"), reason="  "), "needs a reason"),
        (weigh("info", rule="r203"), "is critical"),
        (replace(weigh("info"), action=Action.USE, value={"version": 1}), "switched on for everybody"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(db: Database, overlay: Overlay, told: str) -> None:
    with pytest.raises(RuleRefused, match=told):
        change_rule(db, SYSTEM, overlay)


def test_a_change_of_no_rule_is_refused(db: Database) -> None:
    with pytest.raises(UnknownRule):
        change_rule(db, SYSTEM, weigh("info", rule="r999"))


def test_a_coder_changes_no_rule(db: Database) -> None:
    with pytest.raises(NotAllowed):
        change_rule(db, Actor("coder", Role.CODER), weigh("info"))


def test_every_change_and_rollback_is_logged_and_stays_to_be_seen(db: Database) -> None:
    change_rule(db, SYSTEM, weigh("info"), "operation")
    change_rule(db, SYSTEM, weigh("info"), "operation")
    roll_back(db, SYSTEM, "r014", "a mistake")

    with db.reading() as session:
        logged = session.exec(select(LogEntry.action).where(LogEntry.target_kind == "rule")).all()
        (change,) = rule_changes(SessionReader(session), "r014")
    assert (logged, change.undo_reason) == (["rule.change", "rule.rollback"], "a mistake")


def test_nothing_to_roll_back_is_said(db: Database) -> None:
    with pytest.raises(RuleRefused, match="no change stands"):
        roll_back(db, SYSTEM, "r014", "why not")


def counted(db: Database, rule_id: str) -> Firings:
    with db.reading() as session:
        return rule_firings(SessionReader(session))[rule_id]


def scrubbed(db: Database, claim_id: str) -> ScrubResult:
    return scrub_claim(db, CODES, SYSTEM, claim_id, None, TODAY)


def test_what_was_mended_counts_as_fixed(db: Database) -> None:
    claim_id = a_claim(db)
    with db.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter)).one()
        sound, visit.place_of_service = visit.place_of_service, ""
    scrubbed(db, claim_id)
    scrubbed(db, claim_id)
    with db.change(SYSTEM) as change:
        change.session.exec(select(Encounter)).one().place_of_service = sound

    scrubbed(db, claim_id)

    assert counted(db, "r213") == Firings("r213", fired=1, fixed=1, overridden=0, denied=0, paid=0)


def test_an_override_is_followed_to_what_the_payer_said(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrubbed(db, claim_id)
    override(db, SYSTEM, the_finding(db, claim_id, "c34").id, "payer takes it")

    with db.change(SYSTEM) as change:
        noted = note_outcome(change.session, claim_id, Outcome.DENIED, {1})

    assert (noted, counted(db, "c34")) == (1, Firings("c34", fired=1, fixed=0, overridden=1, denied=1, paid=0))


def test_a_trial_tells_what_a_rule_would_have_stopped_and_keeps_nothing(db: Database) -> None:
    claim_id = a_claim(db)
    rule = a_rule(when="code == 'G0463' and units > 0").rule

    trial = try_rule(db, CODES, rule, TODAY)

    assert (trial.claims, trial.found, trial.stopped, trial.by_status) == (1, 1, 1, {"draft": 1})
    assert findings(db, claim_id) == []


def test_a_trial_looks_no_further_back_than_it_is_asked(db: Database) -> None:
    a_claim(db)

    assert try_rule(db, CODES, a_rule().rule, TODAY, days=0).claims == 0


def test_a_code_edit_is_tried_like_a_rule(db: Database) -> None:
    with db.change(SYSTEM) as change:
        coding_id = add_coding(change.session, add_encounter(change.session, "V1"), **BLOCKED)
    build_claims(db, SYSTEM, coding_id)

    trial = try_rule(db, CODES, "c34", TODAY)

    assert (trial.found, trial.hits[0].place) == (1, "line.1.pointers")


def test_examples_come_out_the_same_however_often_they_are_run() -> None:
    from store.scrub.examples import shipped_examples, try_examples
    from store.scrub.rules import rule_book

    outcomes = [try_examples(one, shipped_examples()[one.id]) for one in rule_book().rules[:40] for _ in range(2)]

    assert [outcome.rule_id for outcome in outcomes if not outcome.holds] == []


WHEN = {"when": "code == 'G0463' and units > 4"}


@pytest.mark.parametrize(
    "message",
    ["{units:>99999999}", "{units:>{line}}", "{code!r}", "{code!a}", "{code.upper}", "{codes[0]}", "{0}", "{}"],
)
@pytest.mark.parametrize("key", ["message", "fix"])
def test_braces_of_a_message_hold_one_plain_word(key: str, message: str) -> None:
    with pytest.raises(BadRules, match=f"site_visit: {key}: braces hold one plain word"):
        a_rule(**{key: f"Line {message}."})


@pytest.mark.parametrize("key", ["title", "message", "fix", "citation"])
@pytest.mark.parametrize("steering", ["\x1b[2J", "\r", "\n", "\u202e", "\u2028", "\x00"])
def test_characters_that_steer_a_terminal_are_refused_in_a_rule(key: str, steering: str) -> None:
    with pytest.raises(BadRules, match=f"{key}: character 4 is a control character"):
        a_rule(**{key: f"One{steering}two"})


def test_a_text_of_a_rule_has_a_bound() -> None:
    with pytest.raises(BadRules, match="message has 1,001 characters"):
        a_rule(message="x" * 1001)


def test_a_finding_has_a_bound_whatever_the_rule_and_the_claim() -> None:
    named = {**VISIT, **WHEN, "message": "{member_id} " * 80, "version": 1, "forms": ["837p"]}
    del named["passes"], named["fails"]
    padded = {**named, "message": "{units:>99999999}"}
    books = [RuleBook((read_rule(one, frozenset(), stored=True),), {}) for one in (named, padded)]
    claim = replace(
        with_coverage(member_id="M" * 10_000), lines=tuple(replace(SOUND_CLAIM.lines[0], units=5) for _ in range(3))
    )

    found = [one for book in books for one in scrub(claim, ScrubFacts(TODAY, CODES), replace(book, code_edits=SILENT))]

    assert len(found) == 6
    assert max(len(one.message) + len(str(one.seen)) for one in found) < 5_000


@pytest.mark.parametrize("rule_id", [rule.id for rule in rule_book().rules if rule.when])
def test_a_copy_of_a_rule_holds_on_the_days_and_examples_of_its_original(rule_id: str) -> None:
    original = rule_book().rule(rule_id)

    copied = read_text(rule_content(rule_id) | {"id": "site_copy"})

    assert copied.outcome.holds, copied.outcome.reasons
    assert replace(copied.rule, id=rule_id, version=original.version) == original


def test_what_ended_with_the_rule_counts_as_withdrawn_and_not_as_fixed(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrubbed(db, claim_id)
    change_rule(db, SYSTEM, Overlay(0, "c34", Scope.ALL, "", Action.OFF, reason="trial"))

    scrubbed(db, claim_id)

    assert counted(db, "c34") == Firings("c34", fired=1, fixed=0, overridden=0, denied=0, paid=0, withdrawn=1)
    assert counted(db, "c34").open == 0


def test_a_rule_of_the_site_that_is_rolled_back_mended_nothing(db: Database) -> None:
    claim_id = a_claim(db)
    save_version(db, SYSTEM, a_rule(**{"when": "code == 'G0463'", "passes": [{"set": {"line.1.code": "G0439"}}]}))
    switch_on(db, SYSTEM, "site_visit", "agreed")
    scrubbed(db, claim_id)
    roll_back(db, SYSTEM, "site_visit", "a mistake")

    scrubbed(db, claim_id)

    assert counted(db, "site_visit").withdrawn == counted(db, "site_visit").fired == 1


def test_a_change_for_a_plan_that_no_coverage_has_is_refused(db: Database) -> None:
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        coverage = change.session.exec(select(Coverage).where(Coverage.account_id == encounter.account_id)).one()
        coverage.plan_name = "Plains Gold"

    with pytest.raises(RuleRefused, match="no coverage has the plan 'Plains Silver'") as refused:
        change_rule(db, SYSTEM, weigh("info", Scope.PLAN, "Plains Silver"))
    change_rule(db, SYSTEM, weigh("info", Scope.PLAN, "plains gold"))

    assert "Plains Gold" in refused.value.remedy


def test_to_roll_back_what_is_no_rule_says_so(db: Database) -> None:
    with pytest.raises(UnknownRule, match="no rule is called 'nope'"):
        roll_back(db, SYSTEM, "nope", "why not")


def test_an_override_keeps_the_login_of_an_account_that_is_no_person_of_the_site(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrubbed(db, claim_id)
    account = Actor("night_desk", Role.ADMIN)

    override(db, account, the_finding(db, claim_id, "c34").id, "payer takes it")
    scrubbed(db, claim_id)

    with db.reading() as session:
        page = claim_page(SessionReader(session), claim_id, TODAY)
    assert page is not None
    assert [one.overridden_by for one in page.findings if one.rule_id == "c34"] == ["night_desk"]


def test_an_override_that_could_keep_nobody_is_refused_from_an_account_that_is_no_person(db: Database) -> None:
    claim_id = a_claim(db)
    scrubbed(db, claim_id)
    unchecked = next(one for one in findings(db, claim_id) if one.severity is Severity.COULD_NOT_CHECK)

    with pytest.raises(OverrideRefused, match="nobody of the site is called 'night_desk'"):
        override(db, Actor("night_desk", Role.ADMIN), unchecked.id, "we know of it")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fails": ["line.1.units"]}, "fails, example 1: expected a table, not 'line.1.units'"),
        ({"fails": "line.1.units"}, "fails: expected a list of examples"),
        ({"fails": [{"set": "x", "at": "line.1.units"}]}, "fails, example 1: set is a table"),
        ({"passes": [{"given": 3}]}, "passes, example 1: given is a table"),
        ({"passes": [{"without": "referring"}]}, "passes, example 1: without is a list of places"),
        ({"passes": [{}, {"sets": {}}]}, "passes, example 2: an example has no 'sets'"),
        ({"passes": [{"at": "line.1.units"}]}, "passes, example 1: no finding is expected"),
        ({"fails": [{"set": {"line.1.units": 5}}]}, "fails, example 1: at says where the finding stands"),
        ({"fails": [{"set": {"line.1.units": 5}, "at": 1}]}, "fails, example 1: at is the place"),
        ({"rule": [{"id": "one"}]}, "a file has one rule"),
    ],
)
def test_what_is_no_example_is_named_with_what_was_expected(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRules) as refused:
        a_rule(**changes)

    assert refused.value.message.startswith(told)
    assert refused.value.remedy
