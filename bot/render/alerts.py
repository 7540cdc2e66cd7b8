"""What a channel is told of alerts: one card for all assets that alerts speak of, each with a way to start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from bot.format.catalogue import Asset
from bot.format.moments import say_moments
from bot.format.runbook import Runbook
from bot.readiness.alert.state import Alert
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    button,
    compose,
    context,
    escape,
    foreign,
    section,
    slack_moment,
)

START_FROM_ALERT = "go:alert"
"""`action_id` of a button that starts with what alerts say."""
_ASSETS, _ALERTS = 8, 3
_ROUND = (10, 50, 100, 500, 1_000, 5_000)
"""Beyond the first, how many there are is said roughly: a card that counts along would be edited all the while."""
_WORD = 4
"""Letters of a word by which signs are compared."""
_ENOUGH = 2


@dataclass(frozen=True, slots=True)
class OnAsset:
    """What alerts say of one asset."""

    asset: Asset
    alerts: Sequence[Alert]
    """Those that are open, the oldest first; over ones too while they are not settled."""
    book: Runbook | None = None
    """The runbook that is likely meant."""
    open_ref: str = ""
    """A live run that is open on it."""

    @property
    def firing(self) -> list[Alert]:
        """Those that go on."""
        return [one for one in self.alerts if one.is_firing]


def alert_card(found: Sequence[OnAsset]) -> Message:
    """The card: which assets, what is said of each, and a button that opens its start form filled in."""
    going = [one for one in found if one.firing]
    if not going:
        return _over(found)
    names = [one.asset.name for one in going]
    first = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    said = "; ".join(_names(one.firing) for one in going[:1])
    return compose(
        f"Start a recovery of {first}? {said}",
        *(block for one in going[:_ASSETS] for block in _of_asset(one)),
        section(f"And {len(going) - _ASSETS} more assets: `/recover ready`") if len(going) > _ASSETS else None,
        *(
            section(f":white_check_mark: {bold(one.asset.name, 100)}: over.")
            for one in found[:_ASSETS]
            if not one.firing
        ),
        context("Alerts ask; nothing starts by itself. This card says when they are over."),
    )


def _over(found: Sequence[OnAsset]) -> Message:
    names = ", ".join(one.asset.name for one in found[:_ASSETS])
    more = f" and {len(found) - _ASSETS} more" if len(found) > _ASSETS else ""
    return compose(
        f"{names}{more}: the alerts are over.",
        section(f":white_check_mark: *{foreign(names, 600)}*{more}: the alerts are over."),
        context("What was damaged meanwhile no alert knows: look whether a recovery is needed, `/recover NAME`."),
    )


def _of_asset(one: OnAsset) -> Iterator[Block | None]:
    lines = [
        f":rotating_light: *Start a recovery of {foreign(one.asset.name, 100)}?*",
        *map(_line, one.firing[:_ALERTS]),
    ]
    if len(one.firing) > _ALERTS:
        lines.append(f"and {_roughly(len(one.firing) - _ALERTS)} more alerts")
    if one.open_ref:
        lines.append(f"{foreign(one.open_ref, 20)} is open on it already.")
    elif one.book is not None:
        lines.append(f"Likely: {bold(one.book.title, 120)}")
    yield section("\n".join(lines))
    label = f"Look at {one.asset.name}…" if one.open_ref else f"Start a recovery of {one.asset.name}…"
    yield actions([button(label[:75], START_FROM_ALERT, one.asset.id, None if one.open_ref else "danger")])


def _line(alert: Alert) -> str:
    since = f" since {slack_moment(alert.since)}" if alert.since is not None else ""
    name = foreign(alert.name, 120)
    named = f"<{_address(alert.link)}|{name}>" if alert.link else name
    summary = f": {foreign(alert.summary, 200)}" if alert.summary else ""
    return f"• {named}{since}{summary}"


def _address(link: str) -> str:
    """A link as it stands between Slack's signs: what would end it, or be markup there, is percent-encoded."""
    return escape(quote(link, safe="%/:?#[]@!$&'()*+,;=-._"))


def _names(alerts: Sequence[Alert]) -> str:
    names = ", ".join(dict.fromkeys(one.name for one in alerts[:_ALERTS]))
    return f"{names} and {_roughly(len(alerts) - _ALERTS)} more." if len(alerts) > _ALERTS else f"{names}."


def _roughly(many: int) -> str:
    if many <= _ROUND[0]:
        return str(many)
    return f"more than {max(one for one in _ROUND if one < many)}"


def likely_book(books: Sequence[Runbook], alerts: Sequence[Alert]) -> Runbook | None:
    """The runbook that alerts mean: the one that their link names, else whose signs share most words with them."""
    for alert in alerts:
        tail = alert.runbook.partition("?")[0].rstrip("/").rpartition("/")[2]
        named = next((one for one in books if one.id == tail), None)
        if named is not None:
            return named
    if len(books) == 1:
        return books[0]
    said = set[str]().union(*(_words(f"{one.name} {one.summary}") for one in alerts))
    ranked = sorted(
        ((len(said & _words(" ".join((one.title, *one.enter_when)))), one) for one in books), key=lambda one: -one[0]
    )
    sure = ranked and ranked[0][0] >= _ENOUGH and (len(ranked) == 1 or ranked[0][0] > ranked[1][0])
    return ranked[0][1] if sure else None


def _words(text: str) -> set[str]:
    """The words of a text by their first letters: `deleted` and `delete` are one; alerts run theirs together."""
    apart = "".join(f" {char}" if char.isupper() else char if char.isalnum() else " " for char in text)
    joined = f"{apart} {''.join(char if char.isalnum() else ' ' for char in text)}"
    return {word[: _WORD + 1] for word in joined.casefold().split() if len(word) >= _WORD}


def typed_by_alerts(asset: Asset, book: Runbook | None, alerts: Sequence[Alert]) -> Mapping[str, str]:
    """What the start form of an asset is filled in with: the runbook, when it began, and what the alerts say."""
    begins = [one.since for one in alerts if one.since is not None]
    began = {"f:damage_began": say_moments(_iso(min(begins)))} if begins else {}
    words = [name for name, one in book.inputs.items() if one.type == "text"] if book is not None else []
    seen = "\n".join(filter(None, [f"Alerts on {asset.name}:", *map(_plain, alerts[:_ALERTS])]))
    more = f"\nand {_roughly(len(alerts) - _ALERTS)} more alerts" if len(alerts) > _ALERTS else ""
    typed = {f"a:{words[0]}": f"{seen}{more}"} if len(words) == 1 and alerts else {}
    return {**({"f:runbook": book.id} if book is not None else {}), **began, **typed}


def _iso(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()


def _plain(alert: Alert) -> str:
    since = say_moments(f" since {_iso(alert.since)}") if alert.since is not None else ""
    return (
        f"{alert.name}{since}{f': {alert.summary}' if alert.summary else ''}{f' ({alert.link})' if alert.link else ''}"
    )
