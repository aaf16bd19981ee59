"""When the record got each charge: a figure as of a day counts those that were there on it.

Of the charges that are here the moment is not known: it stays empty, and they count as posted with their visit.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("charge", sa.Column("posted_at", sa.String(), nullable=False, server_default=""))
