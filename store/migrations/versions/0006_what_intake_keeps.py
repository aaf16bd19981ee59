"""What intake keeps: numbers merged away, what later messages changed, why charts came back, quarantined records."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "merged_number",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_number")),
        sa.UniqueConstraint("kind", "source", "number", name="uq_merged_number"),
    )
    with op.batch_alter_table("merged_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merged_number_target_id"), ["target_id"], unique=False)
    op.create_table(
        "encounter_change",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("late", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.String(), nullable=True),
        sa.Column("seen_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_encounter_change_encounter_id")),
        sa.ForeignKeyConstraint(["seen_by"], ["person.id"], name=op.f("fk_encounter_change_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter_change")),
    )
    with op.batch_alter_table("encounter_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounter_change_encounter_id"), ["encounter_id"], unique=False)

    # Of records quarantined before, only the excerpt was kept. The defaults stay: rebuilding a long table to take them
    # away would cost more than they do.
    op.add_column("quarantine", sa.Column("content", sa.LargeBinary(), nullable=True))
    op.add_column("quarantine", sa.Column("tried_at", sa.String(), nullable=True))
    for table, name in (
        ("quarantine", "kind"),
        ("quarantine", "settled"),
        ("work_item", "came_back"),
        ("encounter", "told_at"),
    ):
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
