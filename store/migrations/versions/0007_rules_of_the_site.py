"""Rules of the site in versions, changes of rules, and how often each rule fired."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "rule_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
        sa.UniqueConstraint("rule_id", "version", name="uq_rule_version"),
    )
    op.create_table(
        "rule_change",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("effective_from", sa.String(), nullable=False),
        sa.Column("effective_to", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.String(), nullable=True),
        sa.Column("undo_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_change")),
        sa.UniqueConstraint("number", name="uq_rule_change_number"),
    )
    op.create_table(
        "edit_firing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("fired_at", sa.String(), nullable=False),
        sa.Column("fixed_at", sa.String(), nullable=True),
        sa.Column("overridden_at", sa.String(), nullable=True),
        sa.Column("overridden_by", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("outcome_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit_firing")),
    )
    with op.batch_alter_table("rule_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_change_rule_id"), ["rule_id"], unique=False)
    with op.batch_alter_table("edit_firing", schema=None) as batch_op:
        batch_op.create_index("ix_edit_firing_subject", ["subject_id"], unique=False)
        batch_op.create_index("ix_edit_firing_rule", ["rule_id", "fired_at"], unique=False)

    # Findings of before were of the rules as they shipped.
    op.add_column("finding", sa.Column("overlay", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.alter_column("overlay", server_default=None)
