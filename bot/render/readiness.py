"""How ready assets are, in words: a table for a terminal, a page for one, data for programs, a message for Slack."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.format.catalogue import Asset
from bot.format.text import spoken_duration
from bot.readiness.finding import Finding
from bot.readiness.judging import LEVELS, Ready, mean_score, word_of
from bot.readiness.objectives import Objectives
from bot.readiness.questions import QUESTIONS, QuestionAnswer
from bot.render.message import Block, Message, bold, compose, context, foreign, section

VERSION = 1
SHOWN, WORST, BESIDE = 15, 3, 8
"""Assets in a message, in a digest, and findings that are of none."""
_MARKS = {"yes": "✓", "no": "✗", "not known": "?"}


def say_span(length: timedelta | None, unknown: str = "not known") -> str:
    """A length in words."""
    return unknown if length is None else spoken_duration(int(length.total_seconds()))


def _say_gap(gap: timedelta | None) -> str:
    if gap is None:
        return "gap not known"
    return f"gap {say_span(gap)}" if gap else "no gap"


def say_rpo(one: Objectives) -> str:
    """Promised, measured, gap."""
    return f"promised {say_span(one.rpo, 'nothing')}, measured {say_span(one.measured_rpo)}, {_say_gap(one.rpo_gap)}"


def say_rto(one: Objectives) -> str:
    """Promised, measured by the middle and the slow ones, how many there were, gap."""
    of = f" of {one.counted}, the newest of {one.newest:%Y-%m-%d}" if one.newest is not None else ""
    measured = f"p50 {say_span(one.rto_p50)}, p90 {say_span(one.rto_p90)}{of}"
    return f"promised {say_span(one.rto, 'nothing')}, measured {measured}, {_say_gap(one.rto_gap)}"


def say_owner_and_methods(asset: Asset) -> str:
    """Who answers for an asset, and by what its copies are made, how often and where to."""
    methods = [
        f"{one.method}, every {spoken_duration(int(one.every.total_seconds()))}"
        + (f", to {' and '.join(to)}" if (to := [each for each in (one.target, one.secondary) if each]) else "")
        for one in asset.protection
    ]
    return f"Owner: {asset.owner}. {'; '.join(methods) if methods else 'Nothing protects it'}."


def say_level(one: Ready) -> str:
    """Maturity, and what lifts it."""
    return f"{one.level} {LEVELS[one.level - 1]}" + (f"; lifted by {one.lift}" if one.lift else "")


def say_score(one: Ready) -> str:
    """The score, in figures and words."""
    return f"{one.score} of 10, {one.word}"


def ready_lines(found: Sequence[Ready]) -> Iterator[str]:
    """The table: the most urgent first, each with what it lacks and the next thing to do."""
    for one in found:
        named = f"{one.asset.name} ({one.asset.id}) · tier {one.asset.tier}"
        yield f"{named} · {say_score(one)} · maturity {say_level(one)}"
        yield from (f"    {line}" for line in layer_lines(one))
        yield f"    RPO: {say_rpo(one.objectives)}"
        yield f"    RTO: {say_rto(one.objectives)}"
        if one.next is not None:
            yield f"    Next: {one.next.sentence}  {one.next.command}"
        yield ""
    mean = mean_score(found)
    yield f"The whole, by tier: {mean:.1f} of 10, {word_of(mean)}."


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """What is of no single asset, each with its place and what to do."""
    if findings:
        yield ""
        yield "Beside these:"
    for one in findings:
        yield f"  ✗ {f'{one.place} ' if one.place else ''}{one.what}"
        yield f"      → {one.todo}"


def layer_lines(one: Ready) -> Iterator[str]:
    """Process, trigger and response, each with what is missing."""
    for name, missing in (("Process", one.process), ("Trigger", one.trigger), ("Response", one.response)):
        yield f"{name}: {'; '.join(missing) if missing else 'nothing is missing'}"


def detail_lines(one: Ready) -> Iterator[str]:
    """One asset with its ten answers, each with its evidence."""
    yield from list(ready_lines([one]))[:-2]
    yield f"    {say_owner_and_methods(one.asset)}"
    yield ""
    for answer in one.answers:
        yield f"{_MARKS[answer.says]} {answer.number:2} {QUESTIONS[answer.number - 1]}: {answer.says}"
        yield f"       {answer.evidence}  ({answer.link})"
        if answer.action is not None:
            yield f"       → {answer.action.sentence}  {answer.action.command}"


def ready_data(found: Sequence[Ready], at: datetime, findings: Sequence[Finding] = ()) -> dict[str, object]:
    """The same for programs."""
    return {
        "version": VERSION, "at": at.isoformat(), "score": round(mean_score(found), 2),
        "word": word_of(mean_score(found)), "assets": [_as_data(one) for one in found],
        "findings": [{"what": one.what, "todo": one.todo, "place": one.place} for one in findings],
    }  # fmt: skip


def _as_data(one: Ready) -> Mapping[str, object]:
    return {
        "id": one.asset.id, "name": one.asset.name, "tier": one.asset.tier, "owner": one.asset.owner,
        "score": one.score, "word": one.word, "urgency": round(one.urgency, 3),
        "maturity": {"level": one.level, "name": LEVELS[one.level - 1], "lift": one.lift},
        "missing": {"process": list(one.process), "trigger": list(one.trigger), "response": list(one.response)},
        "methods": [
            {"id": each.id, "method": each.method, "target": each.target, "secondary": each.secondary}
            for each in one.asset.protection
        ],
        "objectives": _objectives(one.objectives),
        "questions": [_answer(answer) for answer in one.answers],
        "next": None if one.next is None else {"sentence": one.next.sentence, "command": one.next.command},
    }  # fmt: skip


def _answer(one: QuestionAnswer) -> Mapping[str, object]:
    return {
        "number": one.number, "question": QUESTIONS[one.number - 1], "says": one.says, "evidence": one.evidence,
        "link": one.link,
    }  # fmt: skip


def _objectives(one: Objectives) -> Mapping[str, object]:
    spans = {
        "rpo": one.rpo, "measured_rpo": one.measured_rpo, "rpo_gap": one.rpo_gap, "rto": one.rto,
        "rto_p50": one.rto_p50, "rto_p90": one.rto_p90, "rto_gap": one.rto_gap,
    }  # fmt: skip
    seconds = {f"{name}_seconds": None if span is None else int(span.total_seconds()) for name, span in spans.items()}
    return {**seconds, "counted": one.counted, "newest": None if one.newest is None else one.newest.isoformat()}


def ready_csv(found: Sequence[Ready]) -> str:
    """A row for each asset; a text that a table would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(
        ["asset", "tier", "owner", "score", "word", "maturity", "rpo", "measured_rpo", "rto", "rto_p90",
         *(f"q{number}" for number in range(1, 11)), "process", "trigger", "response", "next", "command"]
    )  # fmt: skip
    for one in found:
        aims = one.objectives
        spans = [_seconds(span) for span in (aims.rpo, aims.measured_rpo, aims.rto, aims.rto_p90)]
        missing = ["; ".join(words) for words in (one.process, one.trigger, one.response)]
        after = [one.next.sentence, one.next.command] if one.next is not None else ["", ""]
        head = [one.asset.id, str(one.asset.tier), one.asset.owner, str(one.score), one.word, str(one.level)]
        rows.writerow([_harmless(cell) for cell in (*head, *spans, *(a.says for a in one.answers), *missing, *after)])
    return out.getvalue()


def _seconds(span: timedelta | None) -> str:
    return "" if span is None else str(int(span.total_seconds()))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def ready_reply(found: Sequence[Ready], findings: Sequence[Finding] = ()) -> Message:
    """The answer to `/recover ready`: the most urgent assets, each with the next thing to do."""
    mean = mean_score(found)
    whole = f"{mean:.1f} of 10 over {len(found)} {'asset' if len(found) == 1 else 'assets'}: {word_of(mean)}."
    more = len(found) - SHOWN
    return compose(
        f"Ready before the night: {whole}",
        section(f"*Ready before the night*\n{whole} The most urgent first."),
        *(section(_short(one)) for one in found[:SHOWN]),
        *_beside(findings),
        context(
            f"and {more} more; `handrail ready` has all."
            if more > 0
            else "`/recover ready` with an asset shows its ten answers."
        ),
    )


def _beside(findings: Sequence[Finding]) -> Iterator[Block]:
    """What is of no single asset."""
    if findings:
        lines = [f"• {foreign(f'{one.place} ' if one.place else '', 120)}{foreign(one.what, 240)}" for one in findings]
        more = f"\nand {len(findings) - BESIDE} more; `handrail ready` has all." if len(findings) > BESIDE else ""
        yield section("*Beside these*\n" + "\n".join(lines[:BESIDE]) + more)


def ready_one_reply(one: Ready) -> Message:
    """The answer to `/recover ready ASSET`: the ten answers with their evidence."""
    lines = [
        f"{_MARKS[answer.says]} *{QUESTIONS[answer.number - 1]}*: {foreign(answer.evidence, 240)}"
        for answer in one.answers
    ]
    blocks: list[Block] = [section(_short(one)), section("\n".join(lines[:5])), section("\n".join(lines[5:]))]
    aims = f"RPO: {foreign(say_rpo(one.objectives), 200)}\nRTO: {foreign(say_rto(one.objectives), 200)}"
    aims += f"\n{foreign(say_owner_and_methods(one.asset), 600)}"
    return compose(
        f"{one.asset.name}: {one.score} of 10, {one.word}.",
        *blocks,
        section(aims),
        context(f"Maturity {foreign(say_level(one), 200)}"),
    )


def digest_message(found: Sequence[Ready], team: str, week: str) -> Message:
    """What an owner team hears once a week: its three most urgent assets."""
    names = ", ".join(one.asset.name for one in found[:WORST])
    return compose(
        f"Ready before the night, {team}: {names}.",
        section(f"*Ready before the night, week {foreign(week, 20)}*: what is most urgent of {foreign(team, 75)}"),
        *(section(_short(one)) for one in found[:WORST]),
        context("`/recover ready` shows all assets, with an asset its ten answers."),
    )


def _short(one: Ready) -> str:
    missing = [word for words in (one.process, one.trigger, one.response) for word in words[:1]]
    lacks = f"\nMissing: {foreign('; '.join(missing), 300)}" if missing else ""
    after = (
        f"\nNext: {foreign(one.next.sentence, 200)} `{foreign(one.next.command, 120)}`" if one.next is not None else ""
    )
    return f"{bold(one.asset.name, 75)} · tier {one.asset.tier} · {say_score(one)}, maturity {one.level}{lacks}{after}"


def no_such_reply(named: str, near: Sequence[Asset]) -> Message:
    """No asset is called so: those that may be meant."""
    said = f"No asset is called “{named[:60]}”. Type /recover ready for all of them."
    meant = [section(f"Did you mean {bold(one.name)}? Type `/recover ready {one.id}`") for one in near[:3]]
    return compose(said, section(foreign(said)), *meant)
