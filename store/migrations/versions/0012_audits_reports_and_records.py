"""Audits with samples and findings, published figures, sums of months, deficiencies, merges that can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "denial_month",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("denials", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "month", "payer_name", "group_code", "reason_code", "code", name=op.f("pk_denial_month")
        ),
    )
    op.create_table(
        "education_topic",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_topic")),
        sa.UniqueConstraint("name", name="uq_education_topic_name"),
    )
    op.create_table(
        "line_month",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("payer_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "payer_id", "code", name=op.f("pk_line_month")),
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("owner", "name", name="uq_saved_filter_name"),
    )
    op.create_table(
        "audit_sample",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("prebill", sa.Boolean(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("stratified_by", sa.String(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("population_sha256", sa.String(), nullable=False),
        sa.Column("audited_before", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.JSON(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=True),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_audit_sample_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
        sa.UniqueConstraint("name", name="uq_audit_sample_name"),
    )
    op.create_table(
        "education_assignment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=True),
        sa.Column("given_at", sa.String(), nullable=False),
        sa.Column("done_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_education_assignment_given_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_education_assignment_person_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["education_topic.id"], name=op.f("fk_education_assignment_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_assignment")),
    )
    with op.batch_alter_table("education_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_education_assignment_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_education_assignment_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "not_duplicate",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("said_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["patient.id"], name=op.f("fk_not_duplicate_other_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_not_duplicate_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "other_id", name=op.f("pk_not_duplicate")),
    )
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("into_id", sa.String(), nullable=False),
        sa.Column("encounters", sa.JSON(), nullable=False),
        sa.Column("accounts", sa.JSON(), nullable=False),
        sa.Column("accesses", sa.JSON(), nullable=False),
        sa.Column("restricted_before", sa.String(), nullable=True),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.Column("merged_at", sa.String(), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["into_id"], ["patient.id"], name=op.f("fk_patient_merge_into_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_merge_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    with op.batch_alter_table("patient_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_merge_into_id"), ["into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patient_merge_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "published_figure",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("published_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["published_by"], ["person.id"], name=op.f("fk_published_figure_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_figure")),
    )
    with op.batch_alter_table("published_figure", schema=None) as batch_op:
        batch_op.create_index("ix_published_figure_kpi", ["kpi", "as_of", "id"], unique=False)

    op.create_table(
        "suspension",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=True),
        sa.Column("ended_on", sa.String(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_suspension_ended_by")),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_suspension_placed_by")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_suspension_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    with op.batch_alter_table("suspension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suspension_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "audit_population",
        sa.Column("audit_sample_id", sa.String(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_sample_id"], ["audit_sample.id"], name=op.f("fk_audit_population_audit_sample_id")
        ),
        sa.PrimaryKeyConstraint("audit_sample_id", name=op.f("pk_audit_population")),
    )
    op.create_table(
        "deficiency",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("lacks", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("found_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.Column("waived", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_deficiency_encounter_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_deficiency_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deficiency")),
        sa.UniqueConstraint("encounter_id", "rule_id", "document_number", name="uq_deficiency_rule"),
    )
    with op.batch_alter_table("deficiency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deficiency_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index("ix_deficiency_open", ["closed_at", "since", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deficiency_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("audit_sample_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("coding_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column(
            "kind", sa.Enum("professional", "facility", name="codingkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "selected",
                "assigned",
                "in_review",
                "returned",
                "final",
                name="auditstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("coder_id", sa.String(), nullable=True),
        sa.Column("auditor_id", sa.String(), nullable=True),
        sa.Column("second_of", sa.String(), nullable=False),
        sa.Column("coder_codes", sa.JSON(), nullable=False),
        sa.Column("coder_disposition", sa.String(), nullable=False),
        sa.Column("coder_drg", sa.String(), nullable=False),
        sa.Column("coder_weight", sa.Float(), nullable=True),
        sa.Column("auditor_codes", sa.JSON(), nullable=True),
        sa.Column("auditor_disposition", sa.String(), nullable=False),
        sa.Column("auditor_drg", sa.String(), nullable=False),
        sa.Column("auditor_weight", sa.Float(), nullable=True),
        sa.Column("blind_codes", sa.JSON(), nullable=True),
        sa.Column("revealed_at", sa.String(), nullable=True),
        sa.Column("walked", sa.JSON(), nullable=False),
        sa.Column("assigned_at", sa.String(), nullable=True),
        sa.Column("begun_at", sa.String(), nullable=True),
        sa.Column("returned_at", sa.String(), nullable=True),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column("final_at", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_account_id")),
        sa.ForeignKeyConstraint(["audit_sample_id"], ["audit_sample.id"], name=op.f("fk_audit_audit_sample_id")),
        sa.ForeignKeyConstraint(["auditor_id"], ["person.id"], name=op.f("fk_audit_auditor_id")),
        sa.ForeignKeyConstraint(["coder_id"], ["person.id"], name=op.f("fk_audit_coder_id")),
        sa.ForeignKeyConstraint(["coding_id"], ["coding.id"], name=op.f("fk_audit_coding_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_audit_encounter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("audit_sample_id", "coding_id", "second_of", name="uq_audit_chart"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_audit_sample_id"), ["audit_sample_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_auditor_id"), ["auditor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_coder_id"), ["coder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_coding_id"), ["coding_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index("ix_audit_queue", ["status", "due_on", "id"], unique=False)

    op.create_table(
        "release_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("received_on", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("received", "released", "refused", name="releasestatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("disclosure_id", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["disclosure_id"], ["disclosure.id"], name=op.f("fk_release_request_disclosure_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_release_request_patient_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_release_request_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_request")),
    )
    with op.batch_alter_table("release_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_request_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "audit_finding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("coder", sa.String(), nullable=False),
        sa.Column("auditor", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("topic_id", sa.String(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "returned",
                "agreed",
                "accepted",
                "rebutted",
                "upheld",
                "overturned",
                "second_level",
                "upheld_again",
                "escalated",
                "confirmed",
                name="findingstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_finding_audit_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["education_topic.id"], name=op.f("fk_audit_finding_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_finding")),
        sa.UniqueConstraint("audit_id", "number", name="uq_audit_finding_number"),
    )
    with op.batch_alter_table("audit_finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_finding_audit_id"), ["audit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_finding_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "audit_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("finding", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_step_audit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_step_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_step")),
    )
    with op.batch_alter_table("audit_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_step_audit_id"), ["audit_id"], unique=False)

    with op.batch_alter_table("coding", schema=None) as batch_op:
        batch_op.create_index("ix_coding_finalized", ["status", "finalized_at", "id"], unique=False)
