"""What time it is for the record: the host's clock, and on the made-up site that clock on the day of the site.

The made-up site stands on one day, so that its charts never age (`store.demo.create`). What people do there is stamped
with that day, or its lists would show holds and looks of another month. The day stands still: what was done yesterday,
later in the day than it is now, has a stamp ahead of the clock.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from store.settings import demo_url, today


def clock() -> datetime:
    """The present moment in UTC: the one place where the record asks what time it is."""
    present, day = datetime.now(UTC), demo_day()
    return present if day is None else present + (day - present.astimezone().date())


def clock_day() -> date:
    """The day that it is by this clock where the host is: that of stamps, and of what people did today."""
    return clock().astimezone().date()


def demo_day() -> date | None:
    """The day that the made-up site stands on; None wherever the record is any other.

    The setting `today` alone moves no clock: a stamp of a real record is never of another moment than its own. The
    environment is read and no file, as the demo sets it (`demo_environment`), since every stamp asks.
    """
    if not os.environ.get("CODEDESK_TODAY") or os.environ.get("CODEDESK_DATABASE_URL") != demo_url():
        return None
    return today()
