"""The one way in: load a run, decide, append."""

from bot.desk.desk import Desk, Outcome, Unknown
from bot.desk.plan import StartPlan, ref_word
from bot.desk.unasked.ticking import Look, Outage
from bot.journal.rows import RunRow

__all__ = ["Desk", "Look", "Outage", "Outcome", "RunRow", "StartPlan", "Unknown", "ref_word"]
