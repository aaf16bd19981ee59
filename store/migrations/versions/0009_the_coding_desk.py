"""Worklists in versions, who is given which chart, holds with what they wait for, queries to providers, active time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_OPEN = sa.text("status IN ('ready', 'in_progress', 'on_hold')")


def upgrade() -> None:
    _work_items()
    _holds()
    _worklists()
    _people()
    _provider_queries()


def _work_items() -> None:
    added = (("bill_by", "9999-12-31"), ("skill", ""), ("route", "||"), ("order_key", ""))
    for name, default in added:
        op.add_column("work_item", sa.Column(name, sa.String(), nullable=False, server_default=default))
    op.add_column("work_item", sa.Column("assigned_to", sa.String(), nullable=True))
    # Until each chart is placed again (once a day), it keeps its place by priority (`store.worklists.order`); before
    # the indexes, which a million changed rows would be entered into one by one.
    op.execute("UPDATE work_item SET order_key = '0' || CAST(1000000000000 + rank AS VARCHAR)")
    # The defaults stay, since SQLite would write every chart and all of their indexes anew to lose them.
    op.drop_index("ix_work_item_next", "work_item")
    op.create_index("ix_work_item_next", "work_item", ["worklist", "status", "route", "order_key", "id"])
    op.create_index("ix_work_item_assigned", "work_item", ["assigned_to", "status"])
    for column in ("order_key", "bill_by"):
        op.create_index(
            f"ix_work_item_{column}",
            "work_item",
            ["worklist", column, "id"],
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )


def _holds() -> None:
    for name in ("reason_id", "physician", "cleared_why"):
        op.add_column("hold", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("hold", sa.Column("about_on", sa.String(), nullable=True))
    with op.batch_alter_table("hold", schema=None) as batch_op:
        for name in ("reason_id", "physician", "cleared_why"):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_index("ix_hold_open", ["cleared_at", "owner"], unique=False)


def _worklists() -> None:
    op.create_table(
        "worklist_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worklist_version")),
        sa.UniqueConstraint("number", name="uq_worklist_version_number"),
    )
    op.create_table(
        "worklist_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worklist_step")),
        sa.UniqueConstraint("number", name="uq_worklist_step_number"),
    )
    op.create_table(
        "work_skip",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("work_item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_work_skip_person_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_work_skip_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_skip")),
    )
    with op.batch_alter_table("work_skip", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_skip_work_item_id"), ["work_item_id"], unique=False)
        batch_op.create_index("ix_work_skip_person", ["person_id", "work_item_id"], unique=False)


def _people() -> None:
    op.create_table(
        "person_skill",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_skill_person_id")),
        sa.PrimaryKeyConstraint("person_id", "skill", name=op.f("pk_person_skill")),
    )
    op.create_table(
        "person_facility",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("facility_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_person_facility_facility_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_facility_person_id")),
        sa.PrimaryKeyConstraint("person_id", "facility_id", name=op.f("pk_person_facility")),
    )
    op.create_table(
        "saved_view",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id")),
        sa.PrimaryKeyConstraint("person_id", "name", name=op.f("pk_saved_view")),
    )
    op.create_table(
        "active_time",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_active_time_person_id")),
        sa.PrimaryKeyConstraint("person_id", "day", name=op.f("pk_active_time")),
    )


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _provider_queries() -> None:
    status = _words("querystatus", "draft", "sent", "answered", "closed", "canceled")
    op.create_table(
        "provider_query",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("encounter_id", sa.String(), nullable=False),
        sa.Column("work_item_id", sa.String(), nullable=False),
        sa.Column("type", _words("querytype", "open_ended", "multiple_choice", "yes_no"), nullable=False),
        sa.Column(
            "timing", _words("querytiming", "concurrent", "retrospective", "post_bill", "verbal"), nullable=False
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("indicators", sa.JSON(), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("outcome", _words("queryoutcome", "agreed", "disagreed", "no_opinion", "no_response"), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=True),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answer_text", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.Column("hold_id", sa.String(), nullable=True),
        sa.Column("drg_before", sa.String(), nullable=True),
        sa.Column("drg_after", sa.String(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_provider_query_asked_by")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_provider_query_encounter_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_provider_query_hold_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_provider_query_provider_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_provider_query_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_query")),
        sa.UniqueConstraint("number", name="uq_provider_query_number"),
    )
    with op.batch_alter_table("provider_query", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_query_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_query_work_item_id"), ["work_item_id"], unique=False)
        batch_op.create_index("ix_provider_query_status", ["status", "due_on"], unique=False)
    op.create_table(
        "provider_query_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider_query_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_query_id"], ["provider_query.id"], name=op.f("fk_provider_query_step_provider_query_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_query_step")),
    )
    with op.batch_alter_table("provider_query_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_provider_query_step_provider_query_id"), ["provider_query_id"], unique=False
        )
