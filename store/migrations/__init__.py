"""The schema's history: one numbered step per change, run by Alembic from inside the package."""
