"""Since when a chart is open, restricted charts and who may open them all the same, and PINs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("person", sa.Column("pin", sa.String(), nullable=True))
    op.add_column("person", sa.Column("pin_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("patient", sa.Column("restricted", sa.String(), nullable=True))
    op.add_column("work_item", sa.Column("claimed_at", sa.String(), nullable=True))
    op.add_column("work_item", sa.Column("restricted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "chart_access",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=True),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_chart_access_given_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_chart_access_patient_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_chart_access_person_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_chart_access_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chart_access")),
    )
    with op.batch_alter_table("chart_access", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chart_access_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chart_access_person_id"), ["person_id"], unique=False)
