"""The sentence of each entry, said as they go by: names and titles are learnt on the way."""

from bot.render.report.said.sentences import Names, say_entry
from bot.run.events import Started
from bot.timeline.entries import Entry


class Saying:
    """Knows everybody and every step that was named so far. A sentence speaks of nothing that comes later."""

    def __init__(self) -> None:
        self._people: dict[str, str] = {}
        self._steps: dict[str, str] = {}
        self._names = Names(self._people, self._steps)

    def say(self, entry: Entry) -> str:
        """What happened, without who, when and why."""
        if isinstance(entry.event, Started):
            self._people |= {one.id: one.name for one in entry.event.people}
        self._people.setdefault(entry.by, entry.by_name)
        if entry.step is not None and entry.title is not None:
            self._steps[entry.step] = entry.title
        return say_entry(entry, self._names)
