"""The page of the local workspace: a plain Slack in a browser, for whichever person one wants to be."""

from bot.workspace.page.routes import page_routes

__all__ = ["page_routes"]
