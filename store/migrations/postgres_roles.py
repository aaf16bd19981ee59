"""The script that makes a role for codedesk on PostgreSQL: append-only where history is, and rows by facility.

It is run once by the owner of the tables after each upgrade (`codedesk postgres-roles ROLE | psql …`). The role can
read and work, but cannot change or delete what must stay: log entries, messages as received, operations, disclosures.
It sees the encounters of the facilities that `app.facilities` names in its transaction, by their local ids with commas
between, `*` for all; where nothing is set it sees none. codedesk sets it from the setting `facilities`.

`BELONGS_TO` says of every row whose it is: what hangs on a visit, a claim or an account is seen and written by who has
the facility of that. What belongs to no facility (files as they came, deposits, sums of the site) is for who has all;
`store.whole` says then how much is not shown, by a function that counts past the policies and tells nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlmodel import SQLModel

import store.models  # noqa: F401  (fills the metadata)
from codesets.errors import UsageError
from store.whole import COUNTED

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
    "education_assignment",
    "education_topic",
    "edit_firing",
    "facility",
    "favorite_code",
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
"""Tables whose rows belong to no facility and tell nothing of a chart; `edit_firing` keeps no value of a claim."""

BELONGS_TO = {
    "acknowledgment": "",
    "account": "EXISTS (SELECT 1 FROM encounter e WHERE e.account_id = account.id)",
    "audit": "encounter",
    "audit_finding": "audit",
    "audit_population": "",
    "audit_sample": "EXISTS (SELECT 1 FROM audit a WHERE a.audit_sample_id = audit_sample.id)",
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
    "denial": "claim",
    "denial_month": "",
    "deposit": "",
    "disclosure": "patient",
    "document": "encounter",
    "encounter_change": "encounter",
    "encounter_provider": "encounter",
    "entry_draft": "encounter",
    "final_diagnosis": "coding",
    "final_procedure_line": "coding",
    "finding": "CASE subject_kind WHEN 'claim' THEN EXISTS (SELECT 1 FROM claim c WHERE c.id = finding.subject_id)"
    " ELSE EXISTS (SELECT 1 FROM coding c WHERE c.id = finding.subject_id) END",
    "hold": "work_item",
    "known_name": "CASE WHEN given THEN EXISTS (SELECT 1 FROM patient p WHERE p.given_name = known_name.name)"
    " ELSE EXISTS (SELECT 1 FROM patient p WHERE p.family_name = known_name.name) END",
    "journal_line": "posting",
    "line_month": "",
    "log_entry": "",
    "not_duplicate": "patient",
    "operation": "",
    "patient": "EXISTS (SELECT 1 FROM encounter e WHERE e.patient_id = patient.id)",
    "patient_merge": "patient",
    "posting": "CASE WHEN claim_id IS NULL THEN EXISTS (SELECT 1 FROM account a WHERE a.id = posting.account_id)"
    " ELSE EXISTS (SELECT 1 FROM claim c WHERE c.id = posting.claim_id) END",
    "provider_level_adjustment": "",
    "provider_query": "encounter",
    "provider_query_step": "provider_query",
    "published_figure": "",
    "raw_message": "",
    "release_request": "patient",
    "retention_hold": "patient",
    "remittance": "",
    "remittance_adjustment": "remittance_claim",
    "remittance_claim": "claim",
    "received_file": "",
    "remittance_line": "remittance_claim",
    "source_code": "encounter",
    "suggestion_rejection": "encounter",
    "work_item": "encounter",
    "work_skip": "work_item",
}
"""Which row decides who sees and writes a row: its parent in another table (whose policy applies in turn; without a
parent, only `*`), or a condition; empty: only `*`."""

READ = {
    "acknowledgment": "EXISTS (SELECT 1 FROM claim_answer c WHERE c.acknowledgment_id = acknowledgment.id)"
    " OR EXISTS (SELECT 1 FROM claim_export x WHERE x.id = acknowledgment.export_id)",
    "audit_population": "EXISTS (SELECT 1 FROM audit_sample s WHERE s.id = audit_population.audit_sample_id)",
    "claim_export": "EXISTS (SELECT 1 FROM claim c WHERE c.export_id = claim_export.id)"
    f" AND {COUNTED}('claim_export', id) = (SELECT COUNT(*) FROM claim c WHERE c.export_id = claim_export.id)",
    "remittance": "EXISTS (SELECT 1 FROM remittance_claim c WHERE c.remittance_id = remittance.id)",
    "operation": "",
    "log_entry": "",
}
"""What is read beyond that: heads of what answers a claim of theirs, batches of their claims alone; empty: of whoever
has a facility. To work at all one needs a repeated operation and the head of the log."""

ADDED = (
    "account",
    "audit_population",
    "audit_sample",
    "claim_export",
    "known_name",
    "log_entry",
    "operation",
    "patient",
    "raw_message",
)
"""What whoever has a facility adds before there is anything that it could hang on."""

_COUNTS = {
    "account": "FROM encounter WHERE account_id = key",
    "audit_sample": "FROM audit WHERE audit_sample_id = key",
    "claim_export": "FROM claim WHERE export_id = key",
    "deposit": "FROM deposit",
    "encounter": "FROM encounter",
    "patient": "FROM encounter WHERE patient_id = key",
    "remittance": "FROM remittance",
}
"""What is counted past the policies: rows of all facilities, of all or of one account, sample, batch or patient."""

_ALL = "current_setting('app.facilities', true) = '*'"
_SOME = "current_setting('app.facilities', true) <> ''"
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
    yield from _counting(role)
    for table in tables:
        yield from _shared(table) if table in SHARED else _policy(table)
    yield "COMMIT;"


def _counting(role: str) -> Iterator[str]:
    """The function that says how many rows there are; it runs as the owner of the tables, who made it."""
    cases = " ".join(f"WHEN '{what}' THEN (SELECT count(*) {where})" for what, where in _COUNTS.items())
    yield f"CREATE OR REPLACE FUNCTION {COUNTED}(what text, key text) RETURNS bigint LANGUAGE sql STABLE"
    yield f"    SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT CASE what {cases} END $$;"
    yield f"REVOKE ALL ON FUNCTION {COUNTED}(text, text) FROM PUBLIC;"
    yield f"GRANT EXECUTE ON FUNCTION {COUNTED}(text, text) TO {role};"


def _shared(table: str) -> Iterator[str]:
    """Every row for everybody, also where an earlier script had a policy."""
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    yield from _dropped(table)


def _dropped(table: str) -> Iterator[str]:
    for policy in ("by_facility", "adding", "reading"):
        yield f"DROP POLICY IF EXISTS {policy} ON {table};"


def _policy(table: str) -> Iterator[str]:
    """Rows of the facilities that are set; a new row is checked by what it hangs on, not by itself."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    yield from _dropped(table)
    yield f"CREATE POLICY by_facility ON {table} USING ({_ALL} OR ({_visible(table)}));"
    if table in ADDED:
        yield f"CREATE POLICY adding ON {table} FOR INSERT WITH CHECK ({_SOME});"
    if table in READ:
        yield f"CREATE POLICY reading ON {table} FOR SELECT USING ({READ[table] or _SOME});"


def _visible(table: str) -> str:
    if table == "encounter":
        local = f"SELECT 1 FROM facility f WHERE f.id = encounter.facility_id AND f.local_id {_LISTED}"
        return f"EXISTS ({local})"
    parent = BELONGS_TO[table]
    if not parent or " " in parent:
        return parent or "false"
    return f"EXISTS (SELECT 1 FROM {parent} parent WHERE parent.id = {table}.{parent}_id)"
