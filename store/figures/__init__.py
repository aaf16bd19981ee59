"""A person's own figures: units today against their target, and active time by their keys.

Units are weighted by the kind of work (`weights.toml`, which a site changes in its own file). Active time is the sum of
the gaps between keys that are no longer than `idle_seconds`; it is kept for each person and day, and is theirs to see.
So is their last audit, scored as its scorecard is (`store.audits`).
"""
