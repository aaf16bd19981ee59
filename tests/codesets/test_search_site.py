"""What a site teaches its search: its own synonyms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import CodedeskError
from codesets.reference import Reference
from codesets.search import open_engine, site

ON = dt.date(2026, 6, 1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path))
    return tmp_path


def first(reference: Reference, query: str):
    return open_engine(reference).search(query, on=ON, limit=25)[0]


def test_a_synonym_of_the_site_wins_over_the_shipped_senses(reference: Reference, home: Path) -> None:
    assert first(reference, "ms").title.startswith("Multiple sclerosis")

    site.add(site.site_file(), "ms", "mitral stenosis with insufficiency")

    hit = first(reference, "ms")
    assert hit.dotted == "I05.2"
    assert ("ms", "mitral stenosis with insufficiency (site)") in hit.why.expanded


def test_a_synonym_may_name_a_code_and_stand_among_other_words(reference: Reference, home: Path) -> None:
    site.add(site.site_file(), "frequent flyer", "z76.5")

    hit = first(reference, "known frequent flyer")

    assert hit.dotted == "Z76.5"
    assert hit.why.kind == "site synonym"


def test_an_open_engine_notices_a_change_of_the_file(reference: Reference, home: Path) -> None:
    engine = open_engine(reference)
    engine.search("zebra", on=ON)

    site.add(site.site_file(), "zebra", "sarcoidosis of lung")

    assert engine.search("zebra", on=ON)[0].dotted == "D86.0"
    assert site.remove(site.site_file(), "zebra") == 1
    assert all(hit.dotted != "D86.0" for hit in engine.search("zebra", on=ON))


@pytest.mark.parametrize(
    ("term", "meaning"),
    [
        ("", "pain"),
        ("x" * 300, "pain"),
        ("pain", "pain"),
        ("a\nb", "pain"),
        ("\x1b[2J", "pain"),
        ("?!", "pain"),
        ("ok", "of the"),
    ],
)
def test_a_synonym_that_search_could_not_use_is_refused_in_one_line(home: Path, term: str, meaning: str) -> None:
    with pytest.raises(site.BadSynonym) as refused:
        site.add(site.site_file(), term, meaning)

    assert "\n" not in refused.value.line()
    assert not site.site_file().exists()


@pytest.mark.parametrize(
    "text", ["term;meaning\n", "term,meaning\nonly one\n", "\x00\x01", "term,meaning\n,pain\n", ""]
)
def test_a_broken_file_is_named_with_its_line_and_search_goes_on(reference: Reference, home: Path, text: str) -> None:
    site.site_file().write_text(text, encoding="utf-8")

    with pytest.raises(CodedeskError, match="line|search_synonyms"):
        site.read(site.site_file())

    assert first(reference, "chest pain").dotted == "R07.9"


@given(term=st.text(max_size=40), meaning=st.text(max_size=40))
def test_what_is_accepted_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, term: str, meaning: str
) -> None:
    path = tmp_path_factory.mktemp("synonyms") / "search_synonyms.csv"
    try:
        one = site.checked(term, meaning)
    except site.BadSynonym:
        return

    site._write(path, [one])

    assert site.read(path) == [one]
