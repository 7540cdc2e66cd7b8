"""The rules of syntax: what YAML would do silently, and what the format refuses."""

import re

from bot.format.runbook import KIND_OF
from bot.library.problems import listed, shown
from bot.library.rules import syntax_rule

MAX_BYTES = 1_048_576
MAX_DEPTH = 40
MAX_VALUES = 100_000
MAX_STEPS = 500
MAX_FAULTS = 1000
LEADS_OUT = b"\xff a link that leads out of the folder"
"""Stands for what a file holds that is none of the folder's; no text begins so."""


@syntax_rule("S1")
def not_yaml(reason: str, instead: str) -> tuple[str, str]:
    """A file is YAML. Behind a value that only lacks its quotes it is read on; behind any other break it is not."""
    return f"This cannot be read as YAML: {reason}.", instead


def quote_without_end(line: int | None) -> tuple[str, str]:
    """Why a text is no YAML when a quote is left open; `line` is where the next one closes it."""
    closes = "never closes" if line is None else f"closes only in line {line}"
    return f"a quote opens here, and {closes}", "the quote at the end of this text too"


_NOT_YAML = (
    ("mapping values are not allowed", "a second colon stands in this value", "the whole value in quotes"),
    ("did not find expected ',' or ']'", "a bracket [ is open, or a comma is missing before", "the comma, or the ]"),
    ("did not find expected ',' or '}'", "a brace { is open, or a comma is missing before", "the comma, or the }"),
    ("did not find expected key", "this does not fit the lines above it", "it as far in as its neighbours"),
    ("did not find expected '-'", "an item of the list above was expected", "- in front, or as far in as it belongs"),
    ("could not find expected ':'", "a colon is missing here or just above", "key: value"),
    ("block sequence entries", "a list begins behind a key, in the same line", "the - in a line of its own"),
    ("unknown escape", "this sign behind a backslash means nothing in quotes", "single quotes, or two backslashes"),
    ("node content", "a value was expected here", "a value, or take this sign out"),
    ("block scalar", "something stands behind | or >", "the text in the lines below, further in"),
    ("comment or line break", "something stands behind | or >", "the text in the lines below, further in"),
)  # fmt: skip
"""What the parser says, what that means, and what to write."""


def why_no_yaml(said: str, sign: str, line: str = "", at: int = 0) -> tuple[str, str]:
    """What stands in the way, in words of ours; `line` is where, and `at` how far in."""
    whole = _whole_in_quotes(line)
    if "cannot start any token" in said:
        what = "a tab stands here" if sign == "\t" else f"“{shown(sign)}” cannot begin a value"
        return what, "spaces in its place" if sign == "\t" else whole or "the value in quotes"
    if whole and ": {{" in line and not whole.endswith("further in"):
        return "two braces without quotes are a mapping to YAML", whole
    if inner := _within_braces(line, at) if "did not find expected ',' or" in said else "":
        return f"“{shown(sign)}” within braces ends a text that has no quotes", inner
    if whole and _closed_before(line, at):
        return "the quotes that open this value close before its end", whole
    known = ((what, instead) for part, what, instead in _NOT_YAML if part in said)
    what, instead = next(known, ("it breaks off here", "quotes, brackets and indentation in order, here or just above"))
    return what, whole if whole and instead == _WHOLE else instead


_WHOLE = "the whole value in quotes"
_VALUE = re.compile(r"^\s*(?:- +)*([A-Za-z_][\w. -]*): +(\S.*?)\s*$")
"""A key and its value in a line of their own; what stands in braces or brackets has no line to show."""


def _whole_in_quotes(line: str) -> str:
    """The line as it reads with its whole value in quotes; "" where that cannot be said."""
    found = _VALUE.match(line)
    if found is None or re.match(r"[\[|>#]|\{(?!\{)", found[2]) or "\\" in found[2]:
        return ""
    key, value = found[1], found[2]
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        value = value[1:-1].replace(value[0] * 2, value[0])  # quotes that were meant to stand around it
    if '"' in value and "'" in value:
        return f"{key}: | and the value in the line below, further in"
    return f"{key}: " + (f'"{value}"' if '"' not in value else f"'{value}'")


_INNER = re.compile(r"[{,\[] *([A-Za-z_][\w -]*?): +([^\"'{}\[\],\s](?:[^{}\[\],]*[^{}\[\],\s])?) *$")
_KEYS = frozenset(key for kind in KIND_OF for key in kind.model_fields)
"""What a step may say: before a colon, a comma is missing in front of it."""
_REST = re.compile(r"(?:\{\{[^{}]*\}\}|\[[^\[\]{}]*\]|[^,{}\[\]])*")


def _within_braces(line: str, at: int) -> str:
    """A value without quotes that broke off at a sign within it, with quotes around the whole; "" for anything else."""
    found = _INNER.search(line, 0, at)
    sign = line[at : at + 1]
    if found is None or sign not in {":", "{", "["} or (sign == ":" and found[2].split()[-1] in _KEYS):
        return ""
    value = _REST.match(line, found.start(2))
    said = value[0].strip() if value is not None else ""
    if len(said) <= len(found[2]) or "\\" in said or ('"' in said and "'" in said):
        return ""
    return f"{found[1]}: " + (f'"{said}"' if '"' not in said else f"'{said}'")


def _closed_before(line: str, at: int) -> bool:
    """Whether a value begins with a quote, and another one closes it before the place where the reading stopped."""
    found = _VALUE.match(line)
    return found is not None and found[2][0] in "\"'" and found[2][0] in line[found.start(2) + 1 : at]


@syntax_rule("S2")
def not_text(reason: str) -> tuple[str, str]:
    """A file is text in UTF-8 without control characters. Other encodings read as something else on another machine."""
    return f"This is not text in UTF-8: {reason}.", "it again and save it as UTF-8"


@syntax_rule("S3")
def too_big(what: str) -> tuple[str, str]:
    """A file has a size that people can read. Bombs and generated files must not stop the bot.

    Source: CWE-400 (uncontrolled resource consumption) and CWE-776 (recursive entity references).
    """
    return f"This is too much for one file: {what}.", "several smaller files"


@syntax_rule("S4")
def no_schema(schemas: tuple[str, ...]) -> tuple[str, str]:
    """A document names its kind in `schema:`. Without it nobody knows what the keys mean."""
    return (
        "This document does not say what it is.",
        f"schema: {schemas[0]} (or {listed(schemas[1:])}) as its first line",
    )


@syntax_rule("S5")
def unknown_schema(written: str, near: str, schemas: tuple[str, ...]) -> tuple[str, str]:
    """A document is of a known kind. A misspelt kind would be passed over in silence."""
    meant = f"schema: {near}" if near else f"one of {listed(schemas)}"
    return f"There is no kind of file “{shown(written)}”.", meant


@syntax_rule("S6")
def key_twice(key: str, first_line: int) -> tuple[str, str]:
    """A key stands once in its mapping. YAML lets the last one win without a word.

    Source: YAML 1.2.2, section 3.2.1.3: keys of a mapping are unique.
    """
    return f"“{shown(key)}” is written twice; it stands in line {first_line} already.", "one of the two"


@syntax_rule("S7")
def anchor(mark: str) -> tuple[str, str]:
    """No anchors, aliases or merge keys. They hide what runs from the person who reads the step."""
    return (
        f"“{shown(mark)}” makes one part of the file stand for another.",
        "the value itself, in each place where it is used",
    )


@syntax_rule("S8")
def key_not_text(key: str, read_as: str) -> tuple[str, str]:
    """A key is text. YAML 1.1 reads `on`, `no` and `yes` as true and false, and numbers as numbers."""
    return (
        f"The key “{shown(key)}” is read as {read_as}, and a key is text.",
        "it in quotes if it is a name; exits stand under go:",
    )


@syntax_rule("S9")
def tag(name: str) -> tuple[str, str]:
    """No tags. They ask the reader to build something that the page does not show.

    Source: CWE-502 (deserialization of untrusted data).
    """
    return f"“{shown(name)}” is a tag, and tags are not read here.", "the plain value without it"


@syntax_rule("S10")
def boolean_trap(word: str) -> tuple[str, str]:
    """A boolean is `true` or `false`. YAML 1.1 also takes yes, no, on and off, YAML 1.2 takes them as words.

    Source: YAML 1.1, type bool; YAML 1.2.2, section 10.3.2.
    """
    meant = "true" if word.lower() in {"yes", "on", "y"} else "false"
    return f"“{word}” is read as {meant} by some and as a word by others.", f'{meant}, or "{word}" in quotes'


@syntax_rule("S11")
def number_trap(written: str, read_as: str) -> tuple[str, str]:
    """A number is written in plain digits. YAML 1.1 reads 1:30 as 90, 010 as 8 and 1_000 as 1000.

    Source: YAML 1.1, types int and float.
    """
    return (
        f"“{shown(written)}” is read as {read_as}.",
        f'plain digits for a number, a duration such as 90m, or "{shown(written)}" in quotes for text',
    )


@syntax_rule("S12")
def instant_trap(written: str, key: object = None) -> tuple[str, str]:
    """Days and instants are quoted, and an instant carries its offset. Unquoted ones lose their time zone."""
    day = "-".join(part.zfill(2) for part in written[: len("2026-11-22")].strip("Tt ").split("-"))
    meant = '"2026-11-22T03:40:00+01:00", in quotes and with an offset'
    if key == "starts":
        meant = '"2026-01-05T09:00", in quotes: wall time of the zone of the rotation'
    elif key in _DAYS or len(written) <= len("2026-11-22"):
        meant = f'"{day}"'
    return f"“{shown(written)}” is read as a time without a zone.", meant


_DAYS = frozenset({"last_on", "joined"})
"""Keys that take a day."""


@syntax_rule("S13")
def nothing_there(key: str) -> tuple[str, str]:
    """A key has a value. An empty one is mostly a line that was not finished, or a comma in a text between braces."""
    if " " in key:
        said = f"Between braces a comma ends a value, so “{shown(key)}” is read as a key, and nothing is behind it."
        return said, "the whole value in quotes, with its comma"
    return f"There is nothing after “{shown(key)}”.", "a value, or leave the key out"


@syntax_rule("S14")
def unknown_key(key: str, near: str, known: tuple[str, ...]) -> tuple[str, str]:
    """Every key is known. A misspelt one would be passed over, and what it asks for would not happen."""
    hint = f"{near}:" if near else (f"one of {listed(known, 40)}" if known else "nothing here: leave the key out")
    return f"“{shown(key)}” is not a key that can stand here.", hint


@syntax_rule("S15")
def missing_key(key: str, example: str) -> tuple[str, str]:
    """What a shape needs is there."""
    return f"“{key}” is missing.", f"{key}: {example}"


@syntax_rule("S16")
def wrong_value(what: str, instead: str) -> tuple[str, str]:
    """A value has the type, the form and the length that its key asks for."""
    return what, instead


@syntax_rule("S17")
def step_kind(found: tuple[str, ...], near: tuple[str, str] | None, kinds: tuple[str, ...]) -> tuple[str, str]:
    """A step has exactly one kind, and the kind is the key of its title. Two kinds would leave open who acts."""
    if found:
        return f"This step has {len(found)} kinds: {listed(found)}.", "one of them here, and another step for the rest"
    hint = f"{near[1]}: instead of {shown(near[0])}:" if near else f"one of {listed(kinds)}, followed by the title"
    return "This step has no kind, so nobody knows who acts.", hint


@syntax_rule("S18")
def bare_placeholder() -> tuple[str, str]:
    """A text that begins with a placeholder is quoted. YAML reads two braces as a mapping in a mapping."""
    return "Two braces without quotes are a mapping to YAML, not a placeholder.", '"{{ asset.name }}", in quotes'


@syntax_rule("S19")
def bad_placeholder(reason: str) -> tuple[str, str]:
    """Text holds placeholders and nothing else of a template: a name, and filters that are known. No code runs."""
    return f"A placeholder in this text cannot be read: {reason}.", "{{ vars.name }}, {{ asset.name }} or {{ run.ref }}"


@syntax_rule("S20")
def folder_not_read(reason: str) -> tuple[str, str]:
    """The folder of the runbooks can be read. When it cannot, what was read last keeps serving."""
    return f"The folder cannot be read: {reason}.", "the right folder in HANDRAIL_RUNBOOKS, with the right to read it"


@syntax_rule("S21")
def unread_defaults(file: str) -> tuple[str, str]:
    """What a folder says for its files can be read. Otherwise nobody knows what they mean, and they serve as before."""
    return f"The defaults of this folder cannot be read: {shown(file)}.", f"{shown(file)} again, as its own lines say"


@syntax_rule("S22")
def not_plain_words(sign: str) -> tuple[str, str]:
    """A command in one line is words and quotes: no shell reads it. What only a shell does would not happen."""
    return (
        f"“{shown(sign)}” means something to a shell, and no shell reads this command.",
        "the sign in single quotes, or argv: [sh, -c, …] if a shell is wanted",
    )


@syntax_rule("S23")
def unknown_flag(written: str, known: tuple[str, ...]) -> tuple[str, str]:
    """What a step is, under `is:`, is one of a few words."""
    return f"A step cannot be “{shown(written)}”.", f"one of {listed(known)}"


@syntax_rule("S24")
def unknown_time(written: str) -> tuple[str, str]:
    """`takes:` says how long a step usually takes and when it counts as late; nothing beside it says the same."""
    return (
        f"“{shown(written)}” is not how long a step takes.",
        "takes: 2m / 15m, and no `typical` or `timeout` beside it",
    )


@syntax_rule("S25")
def host_of_a_value(written: str) -> tuple[str, str]:
    """The host of all commands, `at:` on top, is a fact of the asset. What somebody types is bound where it is used.

    A signature covers what stands at the step that it binds, and nobody looks for a value on top of the file.
    """
    return f"“{shown(written)}” is typed in a run, and no fact of the asset.", "at: on each exec that runs there"
