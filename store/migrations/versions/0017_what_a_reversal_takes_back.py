"""Which answer each reversal of a payer takes back.

Of the reversals that are here it stays empty: those are told by their amounts and numbers, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("remittance_claim", sa.Column("reverses_id", sa.String(), nullable=True))
