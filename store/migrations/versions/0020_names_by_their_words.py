"""Names by their words, turned and as they sound, so that a patient is found by what is typed, misspelled or not."""

import sqlalchemy as sa
from alembic import op

from store.names import sound, words_of

revision = "0020"
down_revision = "0019"

_PORTION = 50_000


def upgrade() -> None:
    connection = op.get_bind()
    by_letters = sa.String(collation="C") if connection.dialect.name == "postgresql" else sa.String()
    known = op.create_table(
        "known_name",
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("word", by_letters, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("turned", by_letters, nullable=False),
        sa.Column("sound", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("given", "word", "name", name="pk_known_name"),
    )
    op.drop_index("ix_encounter_patient_id", "encounter")
    op.create_index("ix_encounter_patient", "encounter", ["patient_id", "id"])  # the visits of a patient from it alone
    op.create_index("ix_patient_family_name", "patient", ["family_name"])
    op.create_index("ix_patient_given_name", "patient", ["given_name"])
    family = connection.execute(sa.text("SELECT DISTINCT family_name FROM patient")).scalars().all()
    given = connection.execute(sa.text("SELECT DISTINCT given_name FROM patient")).scalars().all()
    kinds = ((False, family), (True, given))
    rows = [
        (kind, word, name, word[::-1], sound(word))
        for kind, names in kinds
        for name in names
        for word in words_of(name)
    ]
    for start in range(0, len(rows), _PORTION):
        portion = rows[start : start + _PORTION]
        if connection.dialect.name == "sqlite":  # as they are, in a third of the time
            connection.exec_driver_sql("INSERT INTO known_name VALUES (?, ?, ?, ?, ?)", portion)
        else:
            connection.execute(known.insert(), [dict(zip(known.columns.keys(), row, strict=True)) for row in portion])
    op.create_index("ix_known_name_turned", "known_name", ["turned"])
    op.create_index("ix_known_name_sound", "known_name", ["sound"])
