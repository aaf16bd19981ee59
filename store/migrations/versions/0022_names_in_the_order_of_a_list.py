"""On PostgreSQL the order of a worklist with the names in it: who looks for a common one walks the list by it alone.

SQLite finds a row so much sooner that the names in every one of its indexes would cost more than they give.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_work_item_order_key", "work_item")
    op.create_index(
        "ix_work_item_order_key",
        "work_item",
        ["worklist", "order_key", "id"],
        postgresql_include=["patient_name", "restricted"],
        postgresql_where=sa.text("status IN ('ready', 'in_progress', 'on_hold')"),
    )
