"""Where the exits of a step lead, before and after."""

from collections.abc import Iterator

from bot.format.runbook import Branch, Decide, Runbook, Step
from bot.render.chart.words import say_condition, say_exit
from bot.render.comparison.change import Change, changed
from bot.render.message import one_line


def compare_exits(old: Runbook, new: Runbook, before: Step, after: Step) -> Iterator[Change]:
    """Exits that came, went or lead elsewhere; options and cases that read otherwise."""
    if isinstance(before, Branch) and isinstance(after, Branch):
        yield from _compare_cases(old, new, before, after)
        return
    was, now = dict(old.exits(before)), dict(new.exits(after))
    for exit_ in dict.fromkeys([*was, *now]):
        if exit_ not in now:
            said = f"“{say_exit(before, exit_)}” is gone; it led to {_place(old, was[exit_])}"
            yield Change("exits", after.id, said, was[exit_], "")
        elif exit_ not in was:
            said = f"“{say_exit(after, exit_)}” is new and leads to {_place(new, now[exit_])}"
            yield Change("exits", after.id, said, "", now[exit_])
        elif was[exit_] != now[exit_] and not _both_unwritten(before, after, exit_):
            yield _elsewhere(old, new, after.id, say_exit(after, exit_), was[exit_], now[exit_])
    if isinstance(before, Decide) and isinstance(after, Decide):
        yield from _compare_options(before, after)


def _elsewhere(old: Runbook, new: Runbook, step: str, exit_: str, was: str, now: str) -> Change:
    said = f"“{exit_}” leads to {_place(new, now)} instead of {_place(old, was)}"
    return Change("exits", step, one_line(said), was, now)


def _both_unwritten(before: Step, after: Step, exit_: str) -> bool:
    """Both follow `exception`, which is told once for the whole runbook."""
    return exit_ not in before.written_exits and exit_ not in after.written_exits


def _place(book: Runbook, step: str) -> str:
    found = book.by_id.get(step)
    return f"{step} (“{one_line(found.title)}”)" if found else f"{step} (no such step)"


def _compare_options(before: Decide, after: Decide) -> Iterator[Change]:
    was, now = {one.id: one for one in before.options}, {one.id: one for one in after.options}
    for id_ in (one for one in now if one in was):
        if was[id_].label != now[id_].label:
            yield changed("exits", after.id, f"the label of the option {id_}", was[id_].label, now[id_].label)
        if was[id_].when != now[id_].when:
            yield changed("exits", after.id, f"the sign for “{one_line(now[id_].label)}”", was[id_].when, now[id_].when)
    shared_was, shared_now = [one for one in was if one in now], [one for one in now if one in was]
    if shared_was != shared_now:
        yield changed("exits", after.id, "the order of the options", tuple(shared_was), tuple(shared_now))


def _compare_cases(old: Runbook, new: Runbook, before: Branch, after: Branch) -> Iterator[Change]:
    """Cases count in their order: the first that holds is taken."""
    pairs = [[(say_condition(case.when), case.go) for case in step.cases] for step in (before, after)]
    for place in range(max(map(len, pairs))):
        was = pairs[0][place] if place < len(pairs[0]) else None
        now = pairs[1][place] if place < len(pairs[1]) else None
        if before.cases[place : place + 1] == after.cases[place : place + 1]:
            continue
        if now is None and was is not None:
            yield Change(
                "exits", after.id, f"case {place + 1}, “{was[0]}”, is gone; it led to {_place(old, was[1])}", was[1]
            )
        elif was is None and now is not None:
            yield Change(
                "exits", after.id, f"case {place + 1} is new: “{now[0]}” leads to {_place(new, now[1])}", "", now[1]
            )
        elif was is not None and now is not None:
            old_words, new_words = (f"“{one[0]}” to {one[1]}" for one in (was, now))
            yield Change(
                "exits", after.id, f"case {place + 1}: {new_words} instead of {old_words}", old_words, new_words
            )
    if before.else_ != after.else_:
        yield _elsewhere(old, new, after.id, "otherwise", before.else_ or old.exception, after.else_ or new.exception)
