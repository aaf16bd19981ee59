"""Alembic's entry: runs the steps on the connection that `upgrade` hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

import store.models  # noqa: F401  (fills the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
