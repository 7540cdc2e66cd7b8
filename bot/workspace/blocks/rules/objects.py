"""Composition objects: texts, options and confirmations, with the sizes Slack allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.workspace.blocks.rules.shapes import Check, Rule, boolean, by_type, many, one_of, refusal, shape, string

TEXT = 3000
OPTION = 75
OPTIONS_OF_SELECT = 100
OPTIONS_OF_GROUP = 10
OPTIONS_OF_OVERFLOW = 5


def plain(most: int) -> Check:
    """Accept a ``plain_text`` object of at most so many characters."""
    return by_type({"plain_text": shape(needs={"text": string(most)}, may={"emoji": boolean})})


def text(most: int = TEXT) -> Check:
    """Accept a ``plain_text`` or ``mrkdwn`` object of at most so many characters."""
    return by_type(
        {
            "plain_text": shape(needs={"text": string(most)}, may={"emoji": boolean}),
            "mrkdwn": shape(needs={"text": string(most)}, may={"verbatim": boolean}),
        }
    )


CONFIRM = shape(
    needs={"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    may={"style": one_of("primary", "danger")},
)
PLAIN_OPTION = shape(needs={"text": plain(OPTION), "value": string(OPTION)}, may={"description": plain(OPTION)})
TEXT_OPTION = shape(needs={"text": text(OPTION), "value": string(OPTION)}, may={"description": text(OPTION)})
OVERFLOW_OPTION = shape(
    needs={"text": plain(OPTION), "value": string(OPTION)}, may={"description": plain(OPTION), "url": string(3000)}
)
OPTION_GROUP = shape(needs={"label": plain(OPTION), "options": many(PLAIN_OPTION, OPTIONS_OF_SELECT)})
FILTER = shape(
    needs={},
    may={
        "include": many(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _chosen(element: Mapping[str, object]) -> list[object]:
    single = element.get("initial_option")
    several = element.get("initial_options")
    return ([single] if single is not None else []) + (list(several) if isinstance(several, list) else [])


def _offered(element: Mapping[str, object]) -> list[object]:
    offered = element.get("options")
    found = list(offered) if isinstance(offered, list) else []
    groups = element.get("option_groups")
    for group in groups if isinstance(groups, list) else []:
        inner = group.get("options") if isinstance(group, dict) else None
        found += inner if isinstance(inner, list) else []
    return found


def _essence(option: object) -> object:
    """Reduce an option to what Slack compares: the text it shows and the value it stands for."""
    if not isinstance(option, dict):
        return option
    label = option.get("text")
    return (label.get("text") if isinstance(label, dict) else label, option.get("value"))


def initial_is_offered(element: Mapping[str, object], at: str) -> Iterator[str]:
    """Refuse a choice made beforehand that is not among those offered."""
    offered = [_essence(option) for option in _offered(element)]
    if any(_essence(option) not in offered for option in _chosen(element)):
        name = "initial_option" if element.get("initial_option") is not None else "initial_options"
        yield refusal(f"`{name}` must exactly match one of the provided options", f"{at}/{name}")


def options_or_groups(element: Mapping[str, object], at: str) -> Iterator[str]:
    """Refuse a menu with neither options nor groups of them, or with both."""
    given = [name for name in ("options", "option_groups") if element.get(name) is not None]
    if not given:
        yield refusal("missing required field: options", at)
    elif len(given) > 1:
        yield refusal("only one of `options` and `option_groups` may be provided", at)


def exactly_one_of(*names: str) -> Rule:
    """Refuse an object in which not exactly one of these fields is given."""

    def rule(thing: Mapping[str, object], at: str) -> Iterator[str]:
        if not any(thing.get(name) for name in names):
            yield refusal(f"missing required field: {names[0]}", at)
        elif sum(bool(thing.get(name)) for name in names) > 1:
            yield refusal(f"only one of {', '.join(f'`{name}`' for name in names)} may be provided", at)

    return rule
