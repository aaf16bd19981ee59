"""When a person gave a claim up that had not left, so that building all claims does not bring it back.

Of claims that are void already it stays empty: nobody knows any more which of them a person gave up.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("claim", sa.Column("given_up_at", sa.String(), nullable=True))
