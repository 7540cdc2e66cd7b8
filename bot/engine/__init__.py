"""The one way in: load a run, decide, append."""

from bot.engine.desk import Desk, Outcome, Unknown
from bot.engine.plan import StartPlan, ref_word
from bot.engine.ticking import Look, Outage
from bot.journal.rows import RunRow
from bot.journal.store import Busy

__all__ = ["Busy", "Desk", "Look", "Outage", "Outcome", "RunRow", "StartPlan", "Unknown", "ref_word"]
