"""Once a week each owner team hears what is most urgent of its assets: on Monday, by UTC, once over all replicas."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.journal.outbox import Outbox
from bot.notifier.messenger import Messenger
from bot.readiness.facts import ReadinessFacts
from bot.readiness.judging import judge_all
from bot.render.readiness import digest_message
from bot.workers.notices import Notices

LOOK_EVERY = timedelta(minutes=10)
OF_DIGEST = "digest"
_MONDAY, _HOURS = 0, range(8, 18)


class Digest:
    """`look` is called every while, by one replica at a time."""

    def __init__(
        self, facts: Callable[[], ReadinessFacts], outbox: Outbox, messenger: Messenger, now: Callable[[], datetime]
    ) -> None:
        self._facts, self._outbox, self._messenger, self._now = facts, outbox, messenger, now

    def look(self) -> None:
        """Post this week's digest where it is not posted yet. What stands there is never edited."""
        now = self._now()
        if now.weekday() != _MONDAY or now.hour not in _HOURS:
            return
        facts = self._facts()
        teams = {team.id: team for team in facts.catalogue.teams.values() if team.channel is not None}
        week = f"{now.isocalendar().year}-W{now.isocalendar().week:02}"
        notices = Notices(f"{OF_DIGEST} {week}", self._outbox, self._messenger, self._now)
        judged = judge_all(facts)
        told = notices.told({f"{team.channel}:{team.id}" for team in teams.values()})
        for team in teams.values():
            own = [one for one in judged if one.asset.owner == team.id and one.next is not None]
            key = f"{team.channel}:{team.id}"
            letter = told.get(key)
            if own and letter is None:
                notices.tell(key, digest_message(own, team.name or team.id, week), None, None)
            elif letter is not None and letter.ts is None:  # nobody knows whether it arrived: look for it
                notices.tell(key, None, None, letter)
