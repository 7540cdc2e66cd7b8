"""A sample asset, sample people and sample values, so that a runbook can be walked when nothing is known yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from bot.format.pattern import example_text
from bot.format.pieces import Test, TypedField, Value
from bot.format.runbook import Call, Runbook, RunStep, Signoff
from bot.format.text import TextProblem, names_in
from bot.format.values import BadValue, example_of, parse_value
from bot.run.commands import Start
from bot.run.situation import AssetAsItWas, Somebody

STARTED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When every rehearsal begins. A fixed time: the same runbook gives the same report."""
DAMAGE = STARTED - timedelta(hours=2)
_NUMBER = 10
_MOST_OTHERS = 12


def sample_text(field: TypedField) -> str | None:
    """What somebody might type into a field; None when no sample can be thought of."""
    for text in _texts(field):
        try:
            parse_value(field, text)
        except BadValue:
            continue
        return text
    return None


def _texts(field: TypedField) -> Iterator[str]:
    if field.example is not None:
        yield example_of(field)
    default = field.default
    if default is not None and "{{" not in str(default):
        yield ("yes" if default else "no") if isinstance(default, bool) else str(default)
    match field.type:
        case "int":
            yield str(max(field.min or 0, min(_NUMBER, field.max if field.max is not None else _NUMBER)))
        case "bool":
            yield "yes"
        case "enum":
            yield field.values[0]
        case "timestamp":
            yield DAMAGE.isoformat()
        case "duration":
            yield "10m"
        case _:
            yield "sample"
            yield (example_text(field.pattern) or "") if field.pattern else "s"
            yield "s"


def sample_asset(book: Runbook) -> AssetAsItWas:
    """An asset with every fact that the runbook names."""
    names = {name for text in texts_of(book.model_dump(mode="json")) for name in _names(text)}
    facts: dict[str, Value] = {
        name.removeprefix("asset."): f"sample-{name.removeprefix('asset.').replace('_', '-')}"
        for name in sorted(names)
        if name.startswith("asset.")
    }
    return AssetAsItWas("sample", "Sample asset", 1, "sample", book.owner, facts, 300, 14_400)


def other_assets(asset: AssetAsItWas, tests: Sequence[Test]) -> Iterator[AssetAsItWas]:
    """The same asset with facts that turn a test of them: missing, as wanted, and not as wanted, in every mixture."""
    values: dict[str, dict[Value | None, None]] = {}
    for test in tests:
        fact, wanted = test.var.removeprefix("asset."), test.comparison[1]
        if fact != test.var:
            held = values.setdefault(fact, {asset.facts.get(fact): None})
            named = () if isinstance(wanted, bool) else wanted if isinstance(wanted, tuple) else (wanted,)
            held |= dict.fromkeys([None, *named, *(f"not {one}" for one in named[:1])])
    for mixture in islice(product(*values.values()), 1, 1 + _MOST_OTHERS):
        changed = dict(zip(values, mixture, strict=True))
        kept = {name: held for name, held in asset.facts.items() if name not in changed}
        yield replace(asset, facts=kept | {name: held for name, held in changed.items() if held is not None})


def _names(text: str) -> tuple[str, ...]:
    try:
        return names_in(text)
    except TextProblem:
        return ()


def texts_of(value: object) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_of(part)


def sample_start(book: Runbook, asset: AssetAsItWas) -> Start:
    """A start with people enough in every role, each in one role only, so that nobody is barred by chance."""
    roles = dict.fromkeys([*book.roles, *_roles_named(book)])
    enough = 1 + max((step.need for step in book.steps if isinstance(step, Signoff)), default=1)
    holders = {role: tuple(f"{role}-{number}" for number in range(1, enough + 1)) for role in roles}
    people = [Somebody(one, _spoken(one)) for all_ in holders.values() for one in all_]
    inputs = {name: text for name, field in book.inputs.items() if (text := sample_text(field)) is not None}
    calls = {step.runbook: "0" * 64 for step in book.steps if isinstance(step, Call)}
    return Start(
        ref="SAMPLE-1", digest="0" * 64, calls=calls,
        mode="drill", asset=asset, people=tuple(people), roles=holders, owner_channel="C0SAMPLE", channel="C0SAMPLE",
        inputs=inputs, damage_began=DAMAGE.isoformat(),
    )  # fmt: skip


def _spoken(id_: str) -> str:
    return id_.replace("_", " ").replace("-", " ").capitalize()


def _roles_named(book: Runbook) -> Iterator[str]:
    yield "operator"
    for step in book.steps:
        if isinstance(step, RunStep) and step.witness is not None:
            yield step.witness
