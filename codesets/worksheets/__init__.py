"""Worksheets that a coder fills in from the documents: evaluation and management (`em`), its criteria as data."""
