"""Acknowledgments, remittances as they came, the journal that their money is posted to, and denials."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "received_file",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received_by", sa.String(), nullable=True),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["received_by"], ["person.id"], name=op.f("fk_received_file_received_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_file")),
        sa.UniqueConstraint("sha256", name="uq_received_file_sha256"),
    )
    op.create_table(
        "acknowledgment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("ta1", "999", "277ca", name="acknowledgmentkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("export_id", sa.String(), nullable=True),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("accepted", "in_part", "rejected", name="outcome", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["claim_export.id"], name=op.f("fk_acknowledgment_export_id")),
        sa.ForeignKeyConstraint(["file_id"], ["received_file.id"], name=op.f("fk_acknowledgment_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgment")),
        sa.UniqueConstraint("file_id", "segment", name="uq_acknowledgment_file_id_segment"),
    )
    with op.batch_alter_table("acknowledgment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acknowledgment_export_id"), ["export_id"], unique=False)

    op.create_table(
        "remittance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("held", "posted", "unposted", name="remittancestatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("envelope", sa.String(), nullable=False),
        sa.Column("payer_identifier", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("payee_name", sa.String(), nullable=False),
        sa.Column("payee_identifier", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("paid_on", sa.String(), nullable=False),
        sa.Column("payment_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("provider_cents", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["received_file.id"], name=op.f("fk_remittance_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
    )
    with op.batch_alter_table("remittance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_file_id"), ["file_id"], unique=False)
        batch_op.create_index(
            "ix_remittance_payment", ["payer_identifier", "trace", "paid_on", "payment_cents"], unique=False
        )
        batch_op.create_index("ix_remittance_queue", ["status", "received_at", "id"], unique=False)

    op.create_table(
        "provider_level_adjustment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remittance_id", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("fiscal_year_end", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name=op.f("fk_provider_level_adjustment_remittance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_level_adjustment")),
    )
    with op.batch_alter_table("provider_level_adjustment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_level_adjustment_remittance_id"), ["remittance_id"], unique=False)

    op.create_table(
        "claim_answer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("acknowledgment_id", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("culprit", "traveled", "named", name="answerpart", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("answered_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledgment_id"], ["acknowledgment.id"], name=op.f("fk_claim_answer_acknowledgment_id")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_answer_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_answer")),
    )
    with op.batch_alter_table("claim_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_answer_acknowledgment_id"), ["acknowledgment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_answer_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "remittance_claim",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remittance_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("payer_number", sa.String(), nullable=False),
        sa.Column("status_code", sa.String(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_name", sa.String(), nullable=False),
        sa.Column("service_from", sa.String(), nullable=False),
        sa.Column("service_through", sa.String(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=True),
        sa.Column(
            "matched_by",
            sa.Enum(
                "claim_number",
                "payer_number",
                "patient_day_charge",
                "nothing",
                name="matchedby",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_remittance_claim_claim_id")),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance.id"], name=op.f("fk_remittance_claim_remittance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_claim")),
        sa.UniqueConstraint("remittance_id", "sequence", name="uq_remittance_claim_sequence"),
    )
    with op.batch_alter_table("remittance_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_claim_account_number"), ["account_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_claim_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_claim_payer_number"), ["payer_number"], unique=False)

    op.create_table(
        "posting",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "claim_payment",
                "unapplied",
                "provider_adjustment",
                "write_off",
                name="postingkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("remittance_id", sa.String(), nullable=True),
        sa.Column("remittance_claim_id", sa.String(), nullable=True),
        sa.Column("claim_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("takes_back", sa.String(), nullable=True),
        sa.Column("posted_by", sa.String(), nullable=True),
        sa.Column("posted_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_posting_account_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_posting_claim_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["person.id"], name=op.f("fk_posting_posted_by")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_posting_remittance_claim_id")
        ),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance.id"], name=op.f("fk_posting_remittance_id")),
        sa.ForeignKeyConstraint(["takes_back"], ["posting.id"], name=op.f("fk_posting_takes_back")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sa.UniqueConstraint("takes_back", name="uq_posting_takes_back"),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posting_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_remittance_claim_id"), ["remittance_claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_remittance_id"), ["remittance_id"], unique=False)

    op.create_table(
        "remittance_line",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remittance_claim_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("revenue_code", sa.String(), nullable=False),
        sa.Column("billed_code", sa.String(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.String(), nullable=False),
        sa.Column("service_from", sa.String(), nullable=False),
        sa.Column("service_through", sa.String(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("claim_line_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["claim_line_id"], ["claim_line.id"], name=op.f("fk_remittance_line_claim_line_id")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_remittance_line_remittance_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_line")),
    )
    with op.batch_alter_table("remittance_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_line_claim_line_id"), ["claim_line_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_remittance_line_remittance_claim_id"), ["remittance_claim_id"], unique=False
        )

    op.create_table(
        "denial",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remittance_id", sa.String(), nullable=False),
        sa.Column("remittance_claim_id", sa.String(), nullable=False),
        sa.Column("remittance_line_id", sa.String(), nullable=True),
        sa.Column("claim_id", sa.String(), nullable=True),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("procedure_code", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "appealed",
                "resolved",
                "written_off",
                "withdrawn",
                name="denialstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_denial_claim_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_denial_owner_id")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_denial_remittance_claim_id")
        ),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance.id"], name=op.f("fk_denial_remittance_id")),
        sa.ForeignKeyConstraint(
            ["remittance_line_id"], ["remittance_line.id"], name=op.f("fk_denial_remittance_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denial")),
    )
    with op.batch_alter_table("denial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_denial_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_denial_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_denial_queue", ["status", "due_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_denial_remittance_claim_id"), ["remittance_claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_denial_remittance_id"), ["remittance_id"], unique=False)

    op.create_table(
        "journal_line",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column(
            "account",
            sa.Enum(
                "cash",
                "payer_receivable",
                "patient_receivable",
                "denied",
                "write_off",
                "contractual",
                "payer_initiated",
                "other_adjustment",
                "unapplied",
                "provider_level",
                name="journalaccount",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_journal_line_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_line")),
    )
    with op.batch_alter_table("journal_line", schema=None) as batch_op:
        batch_op.create_index("ix_journal_line_account", ["account", "posting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_journal_line_posting_id"), ["posting_id"], unique=False)

    op.create_table(
        "remittance_adjustment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remittance_claim_id", sa.String(), nullable=False),
        sa.Column("remittance_line_id", sa.String(), nullable=True),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_remittance_adjustment_remittance_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_line_id"], ["remittance_line.id"], name=op.f("fk_remittance_adjustment_remittance_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_adjustment")),
    )
    with op.batch_alter_table("remittance_adjustment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_remittance_adjustment_remittance_claim_id"), ["remittance_claim_id"], unique=False
        )

    # Claims of before have no number of the payer: their text is empty, not missing.
    op.add_column("claim", sa.Column("payer_number", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.alter_column("payer_number", server_default=None)
        batch_op.create_index(batch_op.f("ix_claim_payer_number"), ["payer_number"], unique=False)
