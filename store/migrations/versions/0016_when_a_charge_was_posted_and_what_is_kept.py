"""When the record got each charge, so that a figure as of a day counts those that were there; holds of retention.

Of the charges that are here the moment is not known: it stays empty, and they count as posted with their visit.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("charge", sa.Column("posted_at", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=True),
        sa.Column("placed_at", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_retention_hold_patient_id")),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_retention_hold_placed_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_retention_hold_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_index(op.f("ix_retention_hold_patient_id"), "retention_hold", ["patient_id"])
