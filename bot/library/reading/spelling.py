"""Short spellings of a runbook, spelled out in the tree that was read; each place keeps where it stands in the file.

- ``do look: Look at the log``  is the id, the kind and the title in one line;
- ``change stop: Stop the timer`` (or ``read``, ``destroy``) is a ``run`` with that ``effect``;
- ``takes: 2m / 15m``           is ``typical: 2m`` and ``timeout: 15m``;
- ``is: [critical, idempotent]`` is ``critical: true`` and ``idempotent: true``;
- ``exec: jq length rows.json`` is the argument list that these words are, and ``at:`` on top says where;
- ``expect: {var: rows, gt: 0}`` is a condition of one test, ``capture: {rows: int}`` one from stdout;
- ``answer: rows``, ``undo: "why not"``, ``evidence``, ``cases`` likewise; ``argv: systemctl stop x`` as in ``exec``;
- what a step captures with a type is a variable of that type, and need not stand in ``vars`` too.
"""

from collections.abc import Iterator, Mapping

from bot.format.runbook import KINDS
from bot.library.problems import Fault, PathInFile
from bot.library.reading.build import Mark, PlacedList, Table
from bot.library.reading.command import NotPlain, split_command
from bot.library.reading.short import USUAL, merge
from bot.library.reading.syntax import host_of_a_value, not_plain_words, unknown_flag, unknown_time

FLAGS: Mapping[str, tuple[str, object]] = {
    "critical": ("critical", True), "skippable": ("skip", True), "idempotent": ("idempotent", True),
    "simulated": ("drill", "simulate"),
}  # fmt: skip
"""What a step may be, by one word under `is`, and the key and the value that say the same."""
EFFECTS = ("read", "change", "destroy")
"""What a `run` does, in the place of its kind."""
DECLARED = frozenset({"string", "text", "int", "bool", "timestamp", "duration"})
"""Types that say all there is to say of a variable; an `enum` needs its words, and a `secret` is never captured."""
_KINDS = frozenset(KINDS)
_CONDITIONS = ("expect", "until", "fail_if", "when")
_TESTS = frozenset({"all", "any"})
Told = Iterator[tuple[PathInFile, Fault]]


def spell_out(root: Table, usual: object = None) -> list[tuple[PathInFile, Fault]]:
    """Spell a runbook out in place; what could not be read of it. `usual` is where the folder has commands run."""
    found: list[tuple[PathInFile, Fault]] = []
    at = root.pop("at") if isinstance(root.get("at"), str) else usual if isinstance(usual, str) else None
    if at is not None and "vars." in at:
        found.append((("at",), host_of_a_value(at)))
    for section in ("preflight", "stop_when"):
        for number, probe in enumerate(_tables(root.get(section))):
            found += _spell_parts(probe, (section, number), at)
    steps = root.get("steps")
    for number, step in enumerate(steps if isinstance(steps, PlacedList) else ()):
        if isinstance(step, Table):
            _split_kind(step)
            if not _KINDS & step.keys() and step.get("id") in USUAL:
                merge(step, USUAL[step["id"]])
            found += _spell_step(step, ("steps", number))
            found += _spell_parts(step, ("steps", number), at)
    _declare_captured(root, _tables(steps))
    return found


def _declare_captured(root: Table, steps: list[Table]) -> None:
    """What is read with a type is a variable of it; the first reading counts, and what the file says before that."""
    fields = root.get("vars", {})
    if not isinstance(fields, dict):
        return
    holders = [*steps, *(poll for step in steps if isinstance(poll := step.get("poll"), Table))]
    known = fields.keys() | (inputs.keys() if isinstance(inputs := root.get("inputs"), dict) else set())
    made = {
        name: {"type": read["type"]}
        for holder in reversed(holders)
        if isinstance(captured := holder.get("capture"), Table)
        for name, read in captured.items()
        if name not in known and isinstance(read, dict) and read.get("type") in DECLARED
    }
    if made:
        fields.update(made)
        root["vars"] = fields


def _tables(rows: object) -> list[Table]:
    return [one for one in rows if isinstance(one, Table)] if isinstance(rows, PlacedList) else []


def _put(table: Table, key: str, value: object, marks: tuple[Mark, Mark]) -> None:
    table[key] = value
    table.marks[key] = marks


def _split_kind(step: Table) -> None:
    """``do look`` as the key of the title: the kind, and the id."""
    for key in list(step):
        kind, _, id_ = key.partition(" ")
        effect = kind if kind in EFFECTS else None
        if (id_ or effect) and (kind in _KINDS or effect) and not _KINDS & step.keys() and not (id_ and "id" in step):
            marks = step.marks.pop(key)
            title = step.pop(key)
            if id_:
                _put(step, "id", id_.strip(), (marks[0], marks[0]))
            _put(step, "run" if effect else kind, title, marks)
            if effect and "effect" not in step:
                _put(step, "effect", effect, (marks[0], marks[0]))
            return


def _spell_step(step: Table, way: PathInFile) -> Told:
    if isinstance(takes := step.get("takes"), str):
        marks = step.marks.pop("takes")
        typical, slash, timeout = (part.strip() for part in takes.partition("/"))
        del step["takes"]
        if (typical and "typical" in step) or (timeout and "timeout" in step) or not (typical or timeout):
            yield way, unknown_time(takes)
        if typical:
            _put(step, "typical", typical, marks)
        if slash and timeout:
            _put(step, "timeout", timeout, marks)
    flags = step.get("is")
    if isinstance(flags, str | PlacedList):
        marks = step.marks.pop("is")
        del step["is"]
        for flag in [flags] if isinstance(flags, str) else flags:
            if flag in FLAGS:
                _put(step, *FLAGS[flag], marks)
            else:
                yield way, unknown_flag(str(flag), tuple(FLAGS))
    for key, name in (("answer", "var"), ("undo", "none")):
        if isinstance(step.get(key), str):
            step[key] = _wrapped(name, step[key], step.marks[key])
    for case in _tables(step.get("cases")):
        _spell_conditions(case)


def _wrapped(key: str, value: object, marks: tuple[Mark, Mark]) -> Table:
    made = Table(marks[1])
    _put(made, key, value, (marks[1], marks[1]))
    return made


def _spell_parts(holder: Table, way: PathInFile, at: object) -> Told:
    """What runs and what is tested, in a step or a probe, and in its `poll` and `evidence`."""
    yield from _spell_exec(holder, way, at)
    _spell_conditions(holder)
    _spell_captures(holder)
    for key in ("poll", "evidence"):
        inner = holder.get(key)
        if isinstance(inner, Table):
            yield from _spell_exec(inner, (*way, key), at)
            _spell_conditions(inner)
            _spell_captures(inner)


def _spell_exec(holder: Table, way: PathInFile, at: object) -> Told:
    if isinstance(written := holder.get("exec"), str):
        holder["exec"] = _wrapped("argv", written, holder.marks["exec"])
    for key in ("exec", "undo"):
        inner = holder.get(key)
        if isinstance(inner, Table) and isinstance(line := inner.get("argv"), str):
            shown = (*way, key) if isinstance(written, str) and key == "exec" else (*way, key, "argv")
            yield from _split_line(inner, line, shown)
    ran = holder.get("exec")
    if isinstance(ran, Table) and isinstance(at, str) and "at" not in ran:
        ran["at"] = at


def _split_line(holder: Table, line: str, way: PathInFile) -> Told:
    """A command in one line as the list of its words."""
    mark = holder.marks["argv"][1]
    try:
        words = split_command(line)
    except NotPlain as wrong:
        yield way, not_plain_words(str(wrong))
        words = ["x"]
    holder["argv"] = row = PlacedList(mark)
    row.extend(words)
    row.marks.extend([mark] * len(words))


def _spell_conditions(holder: Table) -> None:
    for key in _CONDITIONS:
        test = holder.get(key)
        if isinstance(test, Table) and not _TESTS & test.keys():
            marks = holder.marks[key]
            row = PlacedList(marks[1])
            row.append(test)
            row.marks.append(marks[1])
            holder[key] = _wrapped("all", row, marks)


def _spell_captures(holder: Table) -> None:
    """``rows: int`` is what the command prints, read as a number."""
    captured = holder.get("capture")
    if not isinstance(captured, Table):
        return
    for name in list(captured):
        if isinstance(captured[name], str):
            marks = captured.marks[name]
            made = _wrapped("from", "stdout", marks)
            _put(made, "type", captured[name], marks)
            captured[name] = made
