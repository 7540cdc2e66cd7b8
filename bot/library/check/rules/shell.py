"""Rules about values in commands: each stays one word, and what somebody typed is read as a command by nothing."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from bot.format.pieces import Evidence, Exec, Poll
from bot.format.runbook import Check, Decide, Do, RunStep, StepBase, Wait
from bot.format.shell.filling import places_of, places_of_arguments
from bot.format.shell.places import PlaceholderPosition, Why
from bot.format.text import Hole, TextProblem, parse_text
from bot.format.typed import words_of
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import PathInFile
from bot.library.rules import Found, rule

SOUND_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
"""A pattern that lets no sign through that a shell reads, for the sentences that ask for one."""

_SAID: Mapping[Why, str] = {
    Why.QUOTES: "stands inside quotes",
    Why.BACKQUOTES: "stands between backquotes",
    Why.ESCAPED: "stands behind a backslash",
    Why.DOCUMENT: "stands in a here-document, which knows no quotes",
    Why.ARITHMETIC: "stands in arithmetic, which knows no quotes",
    Why.EXPANSION: "stands inside ${…}",
    Why.BESIDE_A_SIGN: "touches a sign that makes something else of it",
    Why.UNREAD: "stands behind what shells read differently",
    Why.COMMENT: "stands in a comment, which a second line would leave",
    Why.PROGRAM: "is the program to run",
    Why.PART_OF_PROGRAM: "is part of the program to run",
    Why.UNKNOWN_PROGRAM: "is handed to a program that is not written out",
    Why.EVALUATES: "is evaluated by `{program}`",
    Why.READER: "is read a second time by `{program}`",
    Why.OPTION: "could be an option of `{program}` that runs something",
    Why.ASSIGNMENT: "becomes a variable that a shell or a program may read again",
    Why.SUBSTITUTION: "stands in $(…), whose words are read again",
    Why.PIPE: "goes down a pipe to `{program}`, which may read it as commands",
    Why.KEPT: "may end in a file that `{program}` runs",
    Why.REDIRECT: "says which file is read or written",
    Why.GRAMMAR: "is what a loop goes over",
    Why.PATTERN: "touches a sign that makes a pattern of it",
    Why.UNSURE: "stands in a command whose signs are not followed here",
}
_OUT: Mapping[Why, str] = {
    Why.QUOTES: 'the quotes closed in front of it: "a "{hole}" b", in the line below `command: |`',
    Why.BACKQUOTES: "$(…) in place of the backquotes",
    Why.ESCAPED: "{hole} without a backslash",
    Why.DOCUMENT: "{hole} as an argument of the program, such as -v name={hole} of psql",
    Why.ARITHMETIC: "`expr` with {hole} as a word of its own",
    Why.EXPANSION: "{hole} as a word of its own",
    Why.BESIDE_A_SIGN: "a blank between {hole} and what follows, and no $ or ! in front of it",
    Why.UNREAD: "it with quotes that close, without $'…' and odd words after <<; or a script of its own",
}
"""What cures a place where no quote holds, whatever the value."""
_HANDED_IN: Mapping[str, str] = {
    "psql": "psql -v {name}={hole} --file QUERY.sql, with :'{name}' in the query",
    "jq": "jq --arg {name} {hole}, with ${name} in the filter",
}


class _Hole(NamedTuple):
    """A placeholder of a command, its place, and the way to it in the file."""

    path: PathInFile
    hole: Hole
    place: PlaceholderPosition


@rule("T1")
def values_stay_words(page: CheckedRunbook) -> Iterator[Found]:
    """A value in a command stays one word, and nothing runs what was typed.

    A placeholder stands outside quotes, since its value is quoted when it is filled in. Free text (a `string` or `text`
    whose `pattern` lets signs of a shell through) is an argument of a program that is written out, and that does not
    evaluate it (`let`, `test`, `printf`), run it (`sh -c`, `ssh`, `xargs`) or read it as a query (`psql -c`).
    Source: CWE-78 (OS command injection).
    """
    for number, step in enumerate(page.book.steps):
        for found in _in_step(page, number, step):
            yield from _judged(page, found, f"the command of {named(step)}")
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        for number, probe in enumerate(probes):
            for found in _in_arguments((section, number, "exec", "argv"), probe.exec):
                yield from _judged(page, found, f"the command of “{probe.id}”")


def _in_step(page: CheckedRunbook, number: int, step: StepBase) -> Iterator[_Hole]:
    if isinstance(step, Do | Decide) and step.command is not None and "{{" in step.command:
        for hole, place in _in_command(step.command):
            yield _Hole(page.path(number, "command"), hole, place)
    match step:
        case Check(exec=how) | RunStep(exec=how):
            yield from _in_arguments(page.path(number, "exec", "argv"), how)
        case Wait(poll=Poll(exec=how)):
            yield from _in_arguments(page.path(number, "poll", "exec", "argv"), how)
        case Decide(evidence=Evidence(exec=how)):
            yield from _in_arguments(page.path(number, "evidence", "exec", "argv"), how)
        case _:
            pass
    if isinstance(step, RunStep) and step.undo is not None and step.undo.argv is not None:
        yield from _in_list(page.path(number, "undo", "argv"), step.undo.argv)


def _in_arguments(path: PathInFile, how: Exec | None) -> Iterator[_Hole]:
    if how is not None:
        yield from _in_list(path, how.argv)


def _in_list(path: PathInFile, argv: tuple[str, ...]) -> Iterator[_Hole]:
    if any("{{" in argument for argument in argv):
        for number, hole, place in _of_list(argv):
            yield _Hole((*path, number), hole, place)


@lru_cache(maxsize=4096)
def _in_command(command: str) -> tuple[tuple[Hole, PlaceholderPosition], ...]:
    try:
        holes = [part for part in parse_text(command) if isinstance(part, Hole)]
        return tuple(zip(holes, places_of(command), strict=True))
    except TextProblem:
        return ()  # told when the file was read


@lru_cache(maxsize=4096)
def _of_list(argv: tuple[str, ...]) -> tuple[tuple[int, Hole, PlaceholderPosition], ...]:
    try:
        holes = [
            (number, part)
            for number, argument in enumerate(argv)
            for part in parse_text(argument)
            if isinstance(part, Hole)
        ]
        places = places_of_arguments(argv)
    except TextProblem:
        return ()
    return tuple((number, hole, place) for (number, hole), place in zip(holes, places, strict=True))


def _judged(page: CheckedRunbook, found: _Hole, where: str) -> Iterator[Found]:
    hole, place = found.hole, found.place
    name = hole.name.removeprefix("vars.")
    field = page.book.fields.get(name) if hole.name.startswith("vars.") else None
    words = words_of(hole, field)
    if words == "free" and (field is None or field.type == "secret"):
        words = "plain"  # N1 and D4 tell of those
    why = place.refuses(words)
    if why is None:
        return
    shown = f"{{{{ {hole.name} }}}}"
    said = _SAID[why].replace("{program}", place.program or "another command")
    also = (
        place.grammar
        if place.grammar not in (None, why) and PlaceholderPosition(None, place.grammar).refuses(words)
        else None
    )
    yield found.path, f"“{shown}” {said} in {where}.", _cure(why, also, place.program, shown, name)


def _cure(why: Why, also: Why | None, program: str, hole: str, name: str) -> str:
    """What to write. It is a cure for everything that this rule would say next, too."""
    if why is Why.COMMENT:
        return "it in `say:`, or nothing"
    if why is Why.PROGRAM:
        return f"the program itself, or an `enum` for “{name}”: each program that it may be"
    out = _OUT.get(why, "").replace("{hole}", hole)
    bound = _bound(also or why, program, hole, name) if also is not None or why not in _OUT else ""
    return "; and ".join(part for part in (out, bound) if part)


def _bound(why: Why, program: str, hole: str, name: str) -> str:
    """What makes a harmless value of free text, or hands it in as it is."""
    pattern = f"a `pattern` for “{name}” such as {SOUND_PATTERN}, or the type `int`"
    if why is Why.READER and program in _HANDED_IN:
        return _HANDED_IN[program].replace("{name}", name).replace("{hole}", hole) + f"; or {pattern}"
    return f"{pattern}, or {hole} as an argument of a program that takes it as it is, such as echo"
