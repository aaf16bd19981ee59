"""That a payer before a claim's has answered otherwise since it left is a column of it: it was a note of its parties.

Claims that have the note have it in the column, and in their parties no more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

NOTE = "a payer before it has answered otherwise since it left: replace it"


def upgrade() -> None:
    op.add_column("claim", sa.Column("answered_otherwise", sa.Boolean(), nullable=False, server_default=sa.false()))
    claim = sa.table(
        "claim",
        sa.column("id"),
        sa.column("follows_id"),
        sa.column("parties", sa.JSON),
        sa.column("answered_otherwise", sa.Boolean),
    )
    # Only what follows another claim has the note: an index finds those, and few of a large record are.
    noted = sa.select(claim.c.id, claim.c.parties).where(
        claim.c.follows_id > "", sa.cast(claim.c.parties, sa.Text).like(f"%{NOTE}%")
    )
    changed = [
        {"noted": claim_id, "rest": {**parties, "build_notes": [one for one in notes if one != NOTE]}}
        for claim_id, parties in op.get_bind().execute(noted)
        if NOTE in (notes := parties.get("build_notes") or ())
    ]
    if changed:
        op.get_bind().execute(
            sa.update(claim)
            .where(claim.c.id == sa.bindparam("noted"))
            .values(answered_otherwise=sa.true(), parties=sa.bindparam("rest", type_=sa.JSON)),
            changed,
        )
