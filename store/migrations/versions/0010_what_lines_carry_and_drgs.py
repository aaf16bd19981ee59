"""Words, drug and revenue code of a procedure line, and the DRG that a coding was final coded with."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("evidence", "ndc", "ndc_quantity", "revenue_code"):
        op.add_column("final_procedure_line", sa.Column(name, sa.String(), nullable=False, server_default=""))
    texts = ("drg", "initial_drg", "title", "mdc", "severity", "weight", "engine", "version", "return_code")
    op.create_table(
        "coding_drg",
        sa.Column("coding_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*texts, "discharged", "disposition", "weights")),
        sa.Column("grouped_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_coding_drg_coding_id")),
        sa.PrimaryKeyConstraint("coding_id", name=op.f("pk_coding_drg")),
    )
