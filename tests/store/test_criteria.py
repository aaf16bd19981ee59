"""Criteria: read and written the same way, judged alike on one chart and as SQL on a list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from store.criteria import (
    BadCriterion,
    Condition,
    Criterion,
    Field,
    FieldKind,
    Group,
    as_line,
    as_table,
    fields,
    parse,
    read_condition,
    read_line,
    read_lines,
)
from store.criteria.conditions import counted_days, meets
from store.criteria.facts import SOURCE, facts_of, open_facts
from store.criteria.language import OPERATORS, WEEKDAYS, Operator
from store.criteria.sql import where
from store.database import Database
from store.models import WorkItem
from store.queries import SessionReader

DAY = date(2026, 10, 8)

WORDS = (
    st.text("abc xyz,\"'-%_0", min_size=1, max_size=12)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: bool(text.strip(' ,"')))
)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(str)


def values_for(field: Field, operator: Operator) -> st.SearchStrategy:
    """Values that a line of this field and operator can hold."""
    if not operator.takes_value:
        return st.just("")
    if operator in (Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST):
        return st.integers(-4000, 4000)
    if operator is Operator.WEEKDAY:
        return st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3).map(tuple)
    plain = {
        FieldKind.FLAG: st.booleans(),
        FieldKind.DAY: DAYS,
        FieldKind.CHOICE: st.sampled_from(field.values or ("x",)),
    }.get(field.kind, st.integers(-5000, 500_000) if field.kind.counts else WORDS)
    if operator in (Operator.ONE_OF, Operator.NONE_OF):
        return st.lists(plain, min_size=1, max_size=3).map(tuple)
    return st.tuples(plain, plain) if operator is Operator.BETWEEN else plain


@st.composite
def criteria(draw: st.DrawFn, names: tuple[str, ...] = ()) -> Criterion:
    """Any line that can be written."""
    field = draw(st.sampled_from([f for f in fields().values() if not names or f.name in names]))
    operator = draw(st.sampled_from(OPERATORS[field.kind]))
    return Criterion(field, operator, draw(values_for(field, operator)))


@given(criteria())
def test_a_line_reads_back_as_it_was_written(criterion: Criterion) -> None:
    assert parse(criterion.words) == criterion


@given(st.text(max_size=60))
def test_any_text_is_a_criterion_or_refused_with_a_reason(text: str) -> None:
    try:
        parsed = parse(text)
    except BadCriterion as error:
        assert error.message
    else:
        assert parse(parsed.words) == parsed


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("setting is clinic and charges at least 5", "setting is clinic and charges at least 5"),
        ("setting is clinic; charges at least 5", "setting is clinic and charges at least 5"),
        ("setting is clinic and also charges at least 5", "setting is clinic and charges at least 5"),
        ("setting is clinic OR late document is yes", "setting is clinic or late document is yes"),
        (
            "setting is clinic and (charges at least 5 or payer is Plains (PPO))",
            "setting is clinic and (charges at least 5 or payer is Plains (PPO))",
        ),
        (
            "(setting is clinic and charges at least 5) or (setting is emergency and kind is facility)",
            "(setting is clinic and charges at least 5) or (setting is emergency and kind is facility)",
        ),
        ("payer is Plains and Mountain and charges at least 5", "payer is Plains and Mountain and charges at least 5"),
        ("patient age between 3 and 5 and type is clinic", "patient age between 3 and 5 and setting is clinic"),
        ("age at least 9 and for is mreyes", "days since service at least 9 and assigned to is mreyes"),
        ("", "every chart"),
    ],
)
def test_what_is_shown_of_a_condition_can_be_typed(typed: str, shown: str) -> None:
    condition = read_line(typed)

    assert condition.words == shown
    assert read_line(as_line(condition)).words == shown
    assert read_condition(as_table(condition)).words == shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("charges at least 5 and color is red", "“color is red” begins with no field"),
        ("setting is clinic and kind is facility or late document is yes", "without parentheses"),
        ("setting is clinic and (kind is facility or late document is yes", "where does the parenthesis close"),
        ("setting is clinic, charges at least 5", "setting is one of"),
    ],
)
def test_a_wrong_line_names_the_grammar(line: str, said: str) -> None:
    with pytest.raises(BadCriterion, match=said) as refused:
        read_line(line)

    assert refused.value.remedy


@given(
    st.lists(st.sampled_from(["setting is clinic", "charges at least 5", "and", "or", ";", "(", ")", "payer is A b"]))
)
def test_any_line_is_read_or_refused_and_what_is_read_reads_back(words: list[str]) -> None:
    try:
        condition = read_line(" ".join(words))
    except BadCriterion as error:
        assert error.message
    else:
        assert read_line(as_line(condition)).words == condition.words


def test_lines_are_met_together() -> None:
    assert read_lines(["setting is clinic", "charges at least 5"]) == read_line(
        "setting is clinic and charges at least 5"
    )
    assert read_lines(["setting is clinic", "kind is facility or late document is yes"]).words == (
        "setting is clinic and (kind is facility or late document is yes)"
    )
    with pytest.raises(BadCriterion, match="in a line of their own"):
        read_lines(["setting is clinic", "(kind is facility and late document is yes) or (restricted is yes)"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("color is red", "begins with no field"),
        ("setting is moon", "setting is one of clinic"),
        ("charges contains 5", "charges is asked with one of"),
        ("charges at least much", "expected dollars"),
        ("charges at least 2,00", "expected dollars"),
        ("charges between 12,50 and 200", "expected dollars"),
        ("charges at least 1.005", "expected dollars"),
        ("late document is maybe", "expected yes or no"),
        ("service date before 2026-13-01", "expected a day"),
        ("patient age between 3", "between LOW and HIGH"),
        ('payer one of "open', "quotation mark"),
        ("payer is", "what comes behind"),
    ],
)
def test_a_wrong_line_says_what_was_expected(line: str, said: str) -> None:
    with pytest.raises(BadCriterion, match=said):
        parse(line)


@pytest.mark.parametrize(
    ("line", "value", "met"),
    [
        ("charges at least 250", 25_000, True),
        ("charges at least 250.01", 25_000, False),
        ("days since discharge at least 4", 4, True),
        ("days since discharge at least 4", None, False),
        ("payer is not Medicare", None, True),
        ("payer is empty", "", True),
        ("hold reasons contains OPERATIVE", ("pathology pending", "operative report missing"), True),
        ("hold reasons is not pathology pending", ("pathology pending", "x"), False),
        ("service date days ago at least 3", "2026-10-05", True),
        ("service date weekday is monday", "2026-10-05", True),
        ("patient age between 18 and 64", 64, True),
        ("late document is yes", True, True),
    ],
)
def test_operators_mean_what_they_say(line: str, value: object, met: bool) -> None:
    criterion = parse(line)

    assert meets(criterion, {criterion.field.name: value}, DAY) is met


def test_groups_join_all_and_any() -> None:
    condition = read_condition(
        {"all": ["setting is clinic"], "groups": [{"any": ["charges at least 100", "late document is yes"]}]}
    )

    base = {"setting": "clinic", "charges": 5_000, "late document": False}

    assert condition.words == "setting is clinic and (charges at least 100 or late document is yes)"
    assert not condition.takes(base, DAY)
    assert condition.takes(base | {"late document": True}, DAY)
    assert not condition.takes(base | {"late document": True, "setting": "surgery"}, DAY)


def test_days_are_counted_on_both_sides_of_today() -> None:
    since, left = fields()["days since service"], fields()["days to bill"]
    day = (DAY - timedelta(days=3)).isoformat()

    assert (counted_days(since, day, DAY), counted_days(left, day, DAY)) == (3, -3)
    assert counted_days(since, None, DAY) is None


pytestmark = pytest.mark.both_databases


def lines_for(field: Field, value: object) -> list[Criterion]:
    """Every operator of a field, asked of a value that occurs and of one that does not."""
    found = []
    for operator in OPERATORS[field.kind]:
        if not operator.takes_value:
            found.append(Criterion(field, operator))
            continue
        for one in (value, None):
            found.append(Criterion(field, operator, _asked(field, operator, one)))
    return found


def _asked(field: Field, operator: Operator, value: object) -> object:
    if operator is Operator.WEEKDAY:
        return ("monday", "friday")
    if operator in (Operator.AGO_AT_LEAST, Operator.AGO_AT_MOST):
        return 20
    if field.kind is FieldKind.FLAG:
        return bool(value)
    if field.kind.counts:
        number = value if isinstance(value, int) else 7
        return (number, number + 3) if operator is Operator.BETWEEN else number
    if isinstance(value, tuple):
        value = value[0] if value else None
    text = str(value or ("2026-09-01" if field.kind is FieldKind.DAY else "nothing_%"))
    if operator is Operator.BETWEEN:
        return (text, "2026-09-20")
    if operator in (Operator.ONE_OF, Operator.NONE_OF):
        return (text, "other")
    return text[:5] if operator.value.startswith(("contains", "does", "starts")) else text


def test_sql_finds_the_charts_that_the_criteria_take(demo: Database) -> None:
    names = list(fields())
    with demo.reading() as session:
        reader = SessionReader(session)
        known = {facts.work_item_id: facts.values for portion in open_facts(reader, names, DAY) for facts in portion}
        wrong = []
        for field in fields().values():
            some = next((v[field.name] for v in known.values() if v[field.name] not in (None, "", ())), None)
            for criterion in lines_for(field, some):
                asked, parameters = where(Condition((Group((criterion,)),)), DAY, reader.on_postgres)
                rows = reader.rows(f"SELECT w.id {SOURCE} WHERE {asked}", **parameters)
                judged = {item for item, values in known.items() if meets(criterion, values, DAY)}
                if {row["id"] for row in rows} != judged:
                    wrong.append(criterion.words)

    assert len(known) > 30
    assert wrong == []


def test_one_chart_s_values_are_those_of_the_list(demo: Database) -> None:
    names = ["setting", "payer", "charges", "document types", "days since discharge"]
    with demo.reading() as session:
        item = session.exec(select(WorkItem)).first()
        reader = SessionReader(session)
        assert item is not None
        one = facts_of(reader, item.id, names, DAY)
        listed = next(f for portion in open_facts(reader, names, DAY) for f in portion if f.work_item_id == item.id)

    assert one == listed and one.values["document types"]


@pytest.mark.parametrize(("said", "cents"), [("1,250", 125000), ("$1,250.50", 125050), ("200.00", 20000)])
def test_dollars_are_read_as_postings_read_them(said: str, cents: int) -> None:
    assert parse(f"charges at least {said}").value == cents
