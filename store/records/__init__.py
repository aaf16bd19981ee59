"""Medical records: what charts lack (`completeness`, `deficiencies`), duplicates, and releases of information."""
