"""A person at the keyboard, for tests and benchmarks: type, press, fill, submit, look."""

from bot.workspace.client.look import NotThere
from bot.workspace.client.modal import OpenModal
from bot.workspace.client.person import SlackUser

__all__ = ["NotThere", "OpenModal", "SlackUser"]
