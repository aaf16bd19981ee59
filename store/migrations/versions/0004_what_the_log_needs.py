"""What the log needs: facts of the site, disclosures, and triggers that make the log append-only."""

import sqlalchemy as sa
from alembic import op

from store.migrations.append_only import protect_log

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "site_fact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_fact")),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=True),
        sa.Column("disclosed_on", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("recipient_address", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_disclosure_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_disclosure_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    with op.batch_alter_table("disclosure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disclosure_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosure_encounter_id"), ["encounter_id"], unique=False)
    protect_log(op.get_bind())
