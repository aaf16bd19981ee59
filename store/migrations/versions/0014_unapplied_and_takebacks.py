"""Money given back names the provider adjustment that it settles; denials are found in the order of their desk."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("posting", sa.Column("provider_adjustment_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_posting_provider_adjustment_id"), "posting", ["provider_adjustment_id"], unique=False)
    op.drop_index("ix_denial_queue", "denial")
    op.create_index("ix_denial_queue", "denial", ["status", "due_on", "segment", "id"], unique=False)
