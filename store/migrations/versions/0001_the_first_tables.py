"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "facility",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("local_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("npi", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("address_line1", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("source", "local_id", name="uq_facility_source_local_id"),
    )
    op.create_table(
        "log_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("operation_id", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log_entry")),
    )
    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_entry_target_id"), ["target_id"], unique=False)

    op.create_table(
        "operation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
    )
    op.create_table(
        "patient",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("mrn", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("middle_name", sa.String(), nullable=False),
        sa.Column("suffix", sa.String(), nullable=False),
        sa.Column("birth_date", sa.String(), nullable=True),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("address_line1", sa.String(), nullable=False),
        sa.Column("address_line2", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("deceased_on", sa.String(), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("merged_into_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into_id"], ["patient.id"], name=op.f("fk_patient_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("source", "mrn", name="uq_patient_source_mrn"),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_merged_into_id"), ["merged_into_id"], unique=False)

    op.create_table(
        "payer",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("local_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payer_identifier", sa.String(), nullable=False),
        sa.Column("claim_filing_code", sa.String(), nullable=False),
        sa.Column("line_of_business", sa.String(), nullable=False),
        sa.Column("timely_filing_days", sa.Integer(), nullable=True),
        sa.Column("member_id_pattern", sa.String(), nullable=False),
        sa.Column("address_line1", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer")),
        sa.UniqueConstraint("source", "local_id", name="uq_payer_source_local_id"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "coder",
                "biller",
                "auditor",
                "manager",
                "records",
                "analyst",
                "admin",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("units_target", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name="uq_person_login"),
    )
    op.create_table(
        "provider",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("local_id", sa.String(), nullable=False),
        sa.Column("npi", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("specialty", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("source", "local_id", name="uq_provider_source_local_id"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("excerpt", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("file_name", "place", "sha256", name="uq_quarantine_record"),
    )
    op.create_table(
        "raw_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_message")),
        sa.UniqueConstraint("kind", "identity", "sha256", name="uq_raw_message"),
    )
    op.create_table(
        "account",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("financial_class", sa.String(), nullable=False),
        sa.Column("bill_hold_days", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_account_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("source", "account_number", name="uq_account_source_number"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "claim_export",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("interchange_control", sa.Integer(), nullable=False),
        sa.Column("group_control", sa.Integer(), nullable=False),
        sa.Column("transaction_control", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("exported_by", sa.String(), nullable=True),
        sa.Column("exported_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["exported_by"], ["person.id"], name=op.f("fk_claim_export_exported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_export")),
        sa.UniqueConstraint("receiver", "interchange_control", name="uq_claim_export_control"),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "critical", "error", "warning", "info", "could_not_check", name="severity", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("fix", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("snip", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column(
            "state", sa.Enum("open", "overridden", name="findingstate", native_enum=False, length=40), nullable=False
        ),
        sa.Column("override_reason", sa.String(), nullable=False),
        sa.Column("overridden_by", sa.String(), nullable=True),
        sa.Column("overridden_at", sa.String(), nullable=True),
        sa.Column("found_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["overridden_by"], ["person.id"], name=op.f("fk_finding_overridden_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "coverage",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("plan_name", sa.String(), nullable=False),
        sa.Column("group_number", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column(
            "relationship",
            sa.Enum("self", "spouse", "child", "other", name="relationship", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("subscriber_family_name", sa.String(), nullable=False),
        sa.Column("subscriber_given_name", sa.String(), nullable=False),
        sa.Column("subscriber_birth_date", sa.String(), nullable=True),
        sa.Column("subscriber_sex", sa.String(), nullable=False),
        sa.Column("subscriber_address_line1", sa.String(), nullable=False),
        sa.Column("subscriber_city", sa.String(), nullable=False),
        sa.Column("subscriber_state", sa.String(), nullable=False),
        sa.Column("subscriber_zip", sa.String(), nullable=False),
        sa.Column("effective_on", sa.String(), nullable=True),
        sa.Column("expires_on", sa.String(), nullable=True),
        sa.Column("authorization_number", sa.String(), nullable=False),
        sa.Column("referral_number", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_coverage_account_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_coverage_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
        sa.UniqueConstraint("account_id", "sequence", name="uq_coverage_account_sequence"),
    )
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coverage_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coverage_payer_id"), ["payer_id"], unique=False)

    op.create_table(
        "encounter",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("visit_number", sa.String(), nullable=False),
        sa.Column(
            "setting",
            sa.Enum(
                "clinic",
                "emergency",
                "surgery",
                "observation",
                "inpatient",
                "radiology",
                "series",
                name="setting",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "patient_class",
            sa.Enum("E", "I", "O", "P", "R", "B", name="patientclass", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum("open", "discharged", "canceled", "merged", name="encounterstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("started_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.Column("place_of_service", sa.String(), nullable=False),
        sa.Column("hospital_service", sa.String(), nullable=False),
        sa.Column("admission_type", sa.String(), nullable=False),
        sa.Column("point_of_origin", sa.String(), nullable=False),
        sa.Column("discharge_disposition", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("accident_date", sa.String(), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("facility_id", sa.String(), nullable=True),
        sa.Column("service_date", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_encounter_account_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_encounter_facility_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_encounter_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint("source", "visit_number", name="uq_encounter_source_visit"),
    )
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounter_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_encounter_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_encounter_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index("ix_encounter_service_date", ["service_date", "id"], unique=False)

    op.create_table(
        "charge",
        sa.Column("charge_number", sa.String(), nullable=False),
        sa.Column("service_date", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("revenue_code", sa.String(), nullable=False),
        sa.Column("procedure_code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("performer_npi", sa.String(), nullable=False),
        sa.Column("hard_coded", sa.Boolean(), nullable=False),
        sa.Column("reversal_of", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_charge_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("encounter_id", "charge_number", name="uq_charge_encounter_number"),
    )
    with op.batch_alter_table("charge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charge_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "coding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column(
            "kind", sa.Enum("professional", "facility", name="codingkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("draft", "final", "superseded", name="codingstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("coder_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=False),
        sa.Column("finalized_at", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["coder_id"], ["person.id"], name=op.f("fk_coding_coder_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_coding_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding")),
        sa.UniqueConstraint("encounter_id", "kind", "version", name="uq_coding_version"),
    )
    with op.batch_alter_table("coding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coding_coder_id"), ["coder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_coding_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "document",
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("type_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("authored_at", sa.String(), nullable=True),
        sa.Column("authenticated_by", sa.String(), nullable=False),
        sa.Column("authenticated_at", sa.String(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("DI", "IP", "PA", "AU", "LA", name="documentstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_document_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("encounter_id", "document_number", "version", name="uq_document_number_version"),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "encounter_provider",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "attending",
                "admitting",
                "referring",
                "consulting",
                "operating",
                "rendering",
                "ordering",
                "supervising",
                name="providerrole",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_encounter_provider_encounter_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_encounter_provider_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter_provider")),
        sa.UniqueConstraint("encounter_id", "role", "provider_id", name="uq_encounter_provider"),
    )
    with op.batch_alter_table("encounter_provider", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounter_provider_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_encounter_provider_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "entry_draft",
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("saved_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_entry_draft_encounter_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_draft_person_id")),
        sa.PrimaryKeyConstraint("encounter_id", "person_id", name=op.f("pk_entry_draft")),
    )
    op.create_table(
        "source_code",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_source_code_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_code")),
    )
    with op.batch_alter_table("source_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_code_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "work_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column(
            "kind", sa.Enum("professional", "facility", name="codingkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("worklist", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ready", "in_progress", "on_hold", "final", "canceled", name="workstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("service_date", sa.String(), nullable=False),
        sa.Column("charge_rank", sa.Integer(), nullable=False),
        sa.Column("patient_name", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("new_documents", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_until", sa.String(), nullable=True),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("finished_at", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["claimed_by"], ["person.id"], name=op.f("fk_work_item_claimed_by")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_work_item_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("encounter_id", "kind", name="uq_work_item_task"),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_charge_rank",
            ["worklist", "charge_rank", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
            postgresql_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
        )
        batch_op.create_index("ix_work_item_claimed", ["claimed_by", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_item_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index("ix_work_item_next", ["worklist", "status", "rank", "id"], unique=False)
        batch_op.create_index(
            "ix_work_item_patient_name",
            ["worklist", "patient_name", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
            postgresql_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
        )
        batch_op.create_index(
            "ix_work_item_rank",
            ["worklist", "rank", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
            postgresql_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
        )
        batch_op.create_index(
            "ix_work_item_service_date",
            ["worklist", "service_date", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
            postgresql_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
        )

    op.create_table(
        "claim",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("claim_number", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("coding_id", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft", "scrub_failed", "ready", "exported", "void", name="claimstatus", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("service_from", sa.String(), nullable=False),
        sa.Column("service_through", sa.String(), nullable=False),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("scrubbed_at", sa.String(), nullable=True),
        sa.Column("export_id", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_claim_coding_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_claim_encounter_id")),
        sa.ForeignKeyConstraint(["export_id"], ["claim_export.id"], name=op.f("fk_claim_export_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_claim_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("claim_number", name="uq_claim_number"),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_coding_id"), ["coding_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_export_id"), ["export_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_payer_id"), ["payer_id"], unique=False)
        batch_op.create_index("ix_claim_queue", ["status", "created_at", "id"], unique=False)

    op.create_table(
        "coding_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("coding_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_coding_step_coding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding_step")),
        sa.UniqueConstraint("coding_id", "number", name="uq_coding_step_number"),
    )
    with op.batch_alter_table("coding_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coding_step_coding_id"), ["coding_id"], unique=False)

    op.create_table(
        "final_diagnosis",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "principal",
                "secondary",
                "admitting",
                "reason_for_visit",
                "external_cause",
                name="diagnosisrole",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("poa", sa.String(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum("typed", "suggested", "imported", "charge", name="origin", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("coding_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_final_diagnosis_coding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_diagnosis")),
    )
    with op.batch_alter_table("final_diagnosis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_final_diagnosis_coding_id"), ["coding_id"], unique=False)

    op.create_table(
        "final_procedure_line",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("charge_cents", sa.Integer(), nullable=False),
        sa.Column("pointers", sa.JSON(), nullable=False),
        sa.Column("service_date", sa.String(), nullable=True),
        sa.Column("performer_npi", sa.String(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum("typed", "suggested", "imported", "charge", name="origin", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("coding_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_final_procedure_line_coding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_procedure_line")),
    )
    with op.batch_alter_table("final_procedure_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_final_procedure_line_coding_id"), ["coding_id"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("work_item_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.String(), nullable=False),
        sa.Column("cleared_by", sa.String(), nullable=True),
        sa.Column("cleared_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["cleared_by"], ["person.id"], name=op.f("fk_hold_cleared_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_hold_opened_by")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_hold_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_work_item_id"), ["work_item_id"], unique=False)

    op.create_table(
        "claim_diagnosis",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("poa", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_diagnosis_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_diagnosis")),
        sa.UniqueConstraint("claim_id", "sequence", name="uq_claim_diagnosis_sequence"),
    )
    with op.batch_alter_table("claim_diagnosis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_diagnosis_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "claim_line",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("charge_cents", sa.Integer(), nullable=False),
        sa.Column("pointers", sa.JSON(), nullable=False),
        sa.Column("service_date", sa.String(), nullable=False),
        sa.Column("performer_npi", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_line_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_line")),
        sa.UniqueConstraint("claim_id", "sequence", name="uq_claim_line_sequence"),
    )
    with op.batch_alter_table("claim_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_line_claim_id"), ["claim_id"], unique=False)
