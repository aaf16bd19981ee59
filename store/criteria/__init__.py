"""Conditions on coding tasks as data: fields that are documented, operators, and groups of them.

    setting is emergency
    charges at least 25000
    payer one of Medicare Part A, "Plains, Mutual of"
    days since discharge at least 4

One line is a `Criterion`: a field of `fields.toml`, an operator, a value. A `Condition` is groups of them, each met by
all or by any of its lines, and all or any of the groups. The same condition is judged on the values of one chart
(`Condition.judge`), which says for each line what it saw, and as SQL on a whole list (`sql`). Free of the ORM, since
the first screen asks it.
"""

from store.criteria.conditions import Condition, Group, Judged, read_condition
from store.criteria.fields import Field, FieldKind, fields
from store.criteria.language import BadCriterion, Criterion, Operator, parse
from store.criteria.lines import as_line, as_table, read_line, read_lines

__all__ = [
    "BadCriterion",
    "Condition",
    "Criterion",
    "Field",
    "FieldKind",
    "Group",
    "Judged",
    "Operator",
    "as_line",
    "as_table",
    "fields",
    "parse",
    "read_condition",
    "read_line",
    "read_lines",
]
