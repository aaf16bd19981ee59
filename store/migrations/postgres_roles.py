"""The script that makes a role for codedesk on PostgreSQL: append-only where history is, and rows by facility.

It is run once by the owner of the tables after each upgrade (`codedesk postgres-roles ROLE | psql …`). The role can
read and work, but cannot change or delete what must stay: log entries, messages as received, operations, disclosures.
It sees the encounters of the facilities that `app.facilities` names in its transaction, by their local ids with commas
between, `*` for all; where nothing is set it sees none. codedesk sets it from the setting `facilities`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlmodel import SQLModel

import store.models  # noqa: F401  (fills the metadata)
from codesets.errors import UsageError

APPEND_ONLY = (
    "log_entry",
    "raw_message",
    "operation",
    "disclosure",
    "posting",
    "journal_line",
    "received_file",
    "audit_population",
    "audit_step",
    "published_figure",
)

SHARED = (
    "active_time",
    "counter",
    "denial_month",
    "education_topic",
    "edit_firing",
    "facility",
    "favorite_code",
    "line_month",
    "merged_number",
    "payer",
    "person",
    "person_facility",
    "person_skill",
    "provider",
    "quarantine",
    "rule_change",
    "rule_version",
    "saved_view",
    "site_fact",
    "trading_partner",
    "worklist_step",
    "worklist_version",
    "suspension",
)
"""Tables whose rows belong to no facility; `edit_firing` keeps no value of a claim.

`finding` and `claim_export` are told apart by what they are about.
"""

BELONGS_TO = {
    "acknowledgment": "",
    "account": "EXISTS (SELECT 1 FROM encounter e WHERE e.account_id = account.id)",
    "audit": "encounter",
    "audit_finding": "audit",
    "audit_population": "",
    "audit_sample": "",
    "audit_step": "audit",
    "charge": "encounter",
    "chart_access": "patient",
    "claim": "coding",
    "claim_answer": "claim",
    "claim_diagnosis": "claim",
    "claim_export": "",
    "claim_line": "claim",
    "coding": "encounter",
    "coding_drg": "coding",
    "coding_step": "coding",
    "coverage": "account",
    "deficiency": "encounter",
    "denial": "",
    "deposit": "",
    "disclosure": "patient",
    "document": "encounter",
    "education_assignment": "",
    "encounter_change": "encounter",
    "encounter_provider": "encounter",
    "entry_draft": "encounter",
    "final_diagnosis": "coding",
    "final_procedure_line": "coding",
    "finding": "",
    "hold": "work_item",
    "journal_line": "posting",
    "log_entry": "",
    "not_duplicate": "patient",
    "operation": "",
    "patient": "EXISTS (SELECT 1 FROM encounter e WHERE e.patient_id = patient.id)",
    "patient_merge": "patient",
    "posting": "",
    "provider_level_adjustment": "",
    "provider_query": "encounter",
    "provider_query_step": "provider_query",
    "published_figure": "",
    "raw_message": "",
    "release_request": "patient",
    "retention_hold": "patient",
    "remittance": "",
    "remittance_adjustment": "remittance_claim",
    "remittance_claim": "",
    "received_file": "",
    "remittance_line": "remittance_claim",
    "source_code": "encounter",
    "suggestion_rejection": "encounter",
    "work_item": "encounter",
    "work_skip": "work_item",
}
"""Which row decides who sees a row: a parent table (its policy applies in turn), or a condition; empty: only `*`."""

_ALL = "current_setting('app.facilities', true) = '*'"
_LISTED = "= ANY (string_to_array(current_setting('app.facilities', true), ','))"


def script(role: str) -> str:
    """The SQL for one role. Raises UsageError for a name that needs quoting."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
        raise UsageError(f"{role!r} is no plain role name", "small letters, digits and _")
    return "\n".join(_statements(role)) + "\n"


def _statements(role: str) -> Iterator[str]:
    tables = sorted(SQLModel.metadata.tables)
    yield "BEGIN;"
    yield f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN"
    yield f"    CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS; END IF; END $$;"
    yield f"GRANT USAGE ON SCHEMA public TO {role};"
    yield f"GRANT SELECT ON alembic_version TO {role};"
    for table in tables:
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        yield f"REVOKE ALL ON {table} FROM {role}, PUBLIC;"
        yield f"GRANT {rights} ON {table} TO {role};"
    for table in tables:
        if table not in SHARED:
            yield from _policy(table)
    yield "COMMIT;"


def _policy(table: str) -> Iterator[str]:
    """Rows of the facilities that are set; a new row is checked by what it hangs on, not by itself."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    yield f"DROP POLICY IF EXISTS by_facility ON {table};"
    yield f"DROP POLICY IF EXISTS adding ON {table};"
    yield f"CREATE POLICY by_facility ON {table} USING ({_ALL} OR ({_visible(table)}));"
    if table in ("patient", "account", *(name for name, parent in BELONGS_TO.items() if not parent)):
        yield f"CREATE POLICY adding ON {table} FOR INSERT WITH CHECK (current_setting('app.facilities', true) <> '');"
    if table in ("operation", "finding", "log_entry"):
        # Needed to work at all: a repeated operation, the head of the log, a claim's findings.
        yield f"DROP POLICY IF EXISTS reading ON {table};"
        yield f"CREATE POLICY reading ON {table} FOR SELECT USING (current_setting('app.facilities', true) <> '');"


def _visible(table: str) -> str:
    if table == "encounter":
        local = f"SELECT 1 FROM facility f WHERE f.id = encounter.facility_id AND f.local_id {_LISTED}"
        return f"EXISTS ({local})"
    parent = BELONGS_TO[table]
    if not parent or parent.startswith("EXISTS"):
        return parent or "false"
    return f"EXISTS (SELECT 1 FROM {parent} parent WHERE parent.id = {table}.{parent}_id)"
