"""What was said once the run was over: lessons, follow-ups, the operator's two answers."""

from dataclasses import replace

from bot.run.after.events import FollowUpAdded, FollowUpDone, LessonTold, Rated
from bot.timeline.entries import Entry
from bot.timeline.people import Known
from bot.timeline.stories import Told, ToldKind


class Afterwards:
    """Lessons and follow-ups in order; of each question the last answer."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def take(self, entry: Entry, known: Known) -> None:
        """An entry, and whom the run knows."""
        match entry.event:
            case LessonTold(words=words, near_miss=near):
                self._told[f"lesson {entry.seq}"] = _told(entry, "near_miss" if near else "lesson", words)
            case FollowUpAdded(number=number, what=what, owner=owner, due=due):
                made = replace(_told(entry, "follow_up", what), number=number, owner=known.name(owner), due=due)
                self._told[f"follow-up {number}"] = made
            case FollowUpDone(number=number):
                open_ = self._told.get(f"follow-up {number}")
                if open_ is not None:
                    self._told[f"follow-up {number}"] = replace(open_, done_at=entry.at)
            case Rated(question=question, answer=answer):
                self._told[question] = _told(entry, question, answer)
            case _:
                return

    def told(self) -> tuple[Told, ...]:
        return tuple(self._told.values())


def _told(entry: Entry, kind: ToldKind, words: str) -> Told:
    return Told(entry.seq, entry.at, entry.by, entry.by_name, kind, words)
