"""Favorites of each person, and the trail that led to a code."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "favorite_code",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("added_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_favorite_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favorite_code")),
        sa.UniqueConstraint("person_id", "list_name", "system", "code", name="uq_favorite_code"),
    )
    with op.batch_alter_table("favorite_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_favorite_code_person_id"), ["person_id"], unique=False)

    # Codes of before have no trail: their text is empty, not missing. The default stays, since SQLite would write
    # millions of codes anew to lose it.
    for table, names in (("final_diagnosis", ("trail",)), ("final_procedure_line", ("why", "trail"))):
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
