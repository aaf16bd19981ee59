"""The data model as a document: what each table and column is for is said where it is declared."""

from __future__ import annotations

import inspect
import re

from sqlmodel import SQLModel

from store.data_model import _tables, data_model_markdown


def test_every_table_says_what_it_is_for() -> None:
    silent = [one.__name__ for one in _tables() if inspect.getdoc(one) == inspect.getdoc(SQLModel)]

    assert silent == []


def test_every_column_of_every_table_is_in_it() -> None:
    columns = sum(len(one.__table__.columns) for one in _tables())

    told = re.findall(r"^\| \w+ \| (?:text|yes or no|whole number|JSON|bytes)", data_model_markdown(), re.M)

    assert len(told) == columns


def test_the_tables_of_an_aggregate_stand_together_in_the_order_of_their_module() -> None:
    text = data_model_markdown()

    assert text.index("## coding\n") < text.index("### coding\n") < text.index("### final_diagnosis\n")
    assert text.index("### final_diagnosis\n") < text.index("## denial\n")
    assert inspect.cleandoc(text) == text.strip()
