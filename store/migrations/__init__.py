"""The schema's history: one numbered step per change, run by Alembic from inside the package."""

HEAD = "0024"
"""The newest step, so that the first screen can tell a current database without loading Alembic; a test holds it."""
