"""What a task is ranked by is what its side bills of a visit that is billed on both sides, and not the whole visit's.

Charges with a revenue code are the facility's (UB-04 form locator 42). Priorities follow when the charts of the next
day are placed.
"""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        "UPDATE work_item SET charge_rank = -COALESCE((SELECT SUM(h.amount_cents) FROM charge h"
        " WHERE h.encounter_id = work_item.encounter_id"
        " AND (h.revenue_code = '') = (work_item.kind = 'professional')), 0)"
        # Those with two tasks are told by an index alone: most visits of a large record have one.
        " WHERE encounter_id IN (SELECT encounter_id FROM work_item GROUP BY encounter_id HAVING COUNT(*) > 1)"
        " AND status <> 'canceled' AND EXISTS (SELECT 1 FROM work_item o"
        " WHERE o.encounter_id = work_item.encounter_id AND o.kind <> work_item.kind AND o.status <> 'canceled')"
    )
