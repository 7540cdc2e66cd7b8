"""The one way in: load a run, decide, append."""

from bot.engine.handler import CommandHandler, Outcome, Unknown
from bot.engine.plan import StartPlan, ref_word
from bot.engine.ticking import Outage, Sweep
from bot.journal.rows import RunRow
from bot.journal.store import Busy

__all__ = ["Busy", "CommandHandler", "Outage", "Outcome", "RunRow", "StartPlan", "Sweep", "Unknown", "ref_word"]
