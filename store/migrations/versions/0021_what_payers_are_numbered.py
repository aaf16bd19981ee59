"""What a payment names its payer by beside TRN03: the identifiers of loop 1000A, which claims are addressed to too.

Of payments that are here already it stays empty: their names tell the payer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("remittance", sa.Column("payer_numbers", sa.JSON(), nullable=False, server_default="[]"))
