"""How Alembic runs here: on the connection that Handrail hands over, in its transaction."""

from alembic import context

from bot.journal.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
context.run_migrations()
