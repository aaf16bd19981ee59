"""An index of nothing but list and state, from which the charts of every worklist are counted."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_index("ix_work_item_state", "work_item", ["worklist", "status"], unique=False)
