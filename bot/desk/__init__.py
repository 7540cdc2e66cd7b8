"""The one way in: load a run, decide, append."""

from bot.desk.desk import Desk, Outcome, Unknown
from bot.desk.plan import StartPlan, ref_word
from bot.desk.unasked.ticking import Look, Outage
from bot.journal.rows import RunRow
from bot.journal.store import Busy

__all__ = ["Busy", "Desk", "Look", "Outage", "Outcome", "RunRow", "StartPlan", "Unknown", "ref_word"]
