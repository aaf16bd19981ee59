"""Complete claims: lines with revenue codes and rare details, what a claim follows, partners, deposits, saved views."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("claim_line", sa.Column("revenue_code", sa.String(), nullable=False, server_default=""))
    op.add_column("claim_line", sa.Column("service_through", sa.String(), nullable=False, server_default=""))
    op.add_column("claim_line", sa.Column("unit", sa.String(), nullable=False, server_default="UN"))
    op.add_column("claim_line", sa.Column("details", sa.JSON(), nullable=True))
    op.add_column("claim", sa.Column("follows_id", sa.String(), nullable=True))
    op.add_column("claim", sa.Column("follows_as", sa.String(), nullable=False, server_default=""))
    op.create_index(op.f("ix_claim_follows_id"), "claim", ["follows_id"], unique=False)
    op.add_column("claim_export", sa.Column("partner", sa.String(), nullable=False, server_default=""))
    op.add_column("posting", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "claim_view",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("show", sa.String(), nullable=False),
        sa.Column("sorts", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_view_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_view")),
        sa.UniqueConstraint("person_id", "name", name="uq_claim_view"),
    )
    op.create_table(
        "trading_partner",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("receiver_id", sa.String(), nullable=False),
        sa.Column("receiver_qualifier", sa.String(), nullable=False),
        sa.Column("receiver_code", sa.String(), nullable=False),
        sa.Column("submitter_id", sa.String(), nullable=False),
        sa.Column("sender_qualifier", sa.String(), nullable=False),
        sa.Column("sender_code", sa.String(), nullable=False),
        sa.Column("submitter_name", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("usage_indicator", sa.String(), nullable=False),
        sa.Column("delimiters", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("most_claims", sa.Integer(), nullable=False),
        sa.Column("payers", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_partner")),
        sa.UniqueConstraint("name", name="uq_trading_partner_name"),
    )
    op.create_table(
        "deposit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("received_on", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("remittance_id", sa.String(), nullable=True),
        sa.Column("matched_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("taken_in_at", sa.String(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance.id"], name=op.f("fk_deposit_remittance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("trace", "received_on", "cents", "account", name="uq_deposit"),
    )
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.create_index("ix_deposit_queue", ["remittance_id", "received_on"], unique=False)
