"""When the sender of each charge and document wrote of it last, so that an older message leaves it as it is.

Of those that are here it is not known and stays empty: any message is newer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    for table in ("charge", "document"):
        op.add_column(table, sa.Column("told_at", sa.String(), nullable=False, server_default=""))
