"""What `check` can do itself: ids that a draft leaves out, and advice that leaves nothing to choose.

Changes are made at single places of the text; comments, order and spelling of everything else stay as they were. A
change that brings up a problem that was not there before is not made.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from bot.format.runbook import FORWARD, KINDS
from bot.library.check import check_files
from bot.library.check.leaf import Leaf
from bot.library.drafting.scribe import quoted
from bot.library.problems import Problem
from bot.library.reading.quoting import place_of, quoted_value
from bot.library.reading.short import free, slug
from bot.library.reading.spelling import EFFECTS
from bot.library.spans import Edit, Text, apply, child, insert, replace

_MOST = 1000
"""Changes to one file."""
_WORD = re.compile(r"[\w.:-]+")
_OF_THE_KIND = frozenset({*KINDS, *EFFECTS})


def give_ids(text: str) -> str:
    """The text with the ids of its drafts and of their steps, made of their titles, put in."""
    try:
        known = Text(text)
    except yaml.YAMLError:
        return text
    edits = [edit for root in known.roots if isinstance(root, MappingNode) for edit in _ids_of(root)]
    return apply(text, edits)


def _ids_of(root: MappingNode) -> Iterator[Edit]:
    schema, title, steps = (child(root, key) for key in ("schema", "title", "steps"))
    if not isinstance(schema, ScalarNode) or schema.value != "runbook/v1" or not isinstance(steps, SequenceNode):
        return
    if child(root, "id") is None and isinstance(title, ScalarNode):
        before = ", " if root.flow_style else "\n"
        yield Edit(schema.end_mark.index, schema.end_mark.index, f"{before}id: {slug(title.value, '-')}")
    taken = {found.value for step in steps.value if isinstance(found := _id_of(step), ScalarNode)}
    for step in steps.value:
        kind = _kind_of(step) if isinstance(step, MappingNode) and _id_of(step) is None else None
        if kind is not None and " " not in kind[0].value:
            name = free(slug(str(kind[1].value)) or "step", taken)
            taken.add(name)
            yield Edit(kind[0].end_mark.index, kind[0].end_mark.index, f" {name}")


def _kind_of(step: MappingNode) -> tuple[ScalarNode, ScalarNode] | None:
    """The key that says the kind, and the title."""
    for key, value in step.value:
        if isinstance(key, ScalarNode) and isinstance(value, ScalarNode) and key.value.split(" ")[0] in _OF_THE_KIND:
            return key, value
    return None


def _id_of(step: object) -> ScalarNode | None:
    if not isinstance(step, MappingNode):
        return None
    written = child(step, "id")
    kind = _kind_of(step)
    return written if isinstance(written, ScalarNode) else kind[0] if kind and " " in kind[0].value else None


def set_keys(text: str, runbook: str, wanted: Iterable[tuple[str, str, str]]) -> str:
    """The text with keys of steps set: (step, key, value as YAML has it) each; unknown steps are left out."""
    steps = _steps_of(text, runbook)
    return apply(text, [_set_key(text, steps[step], key, value) for step, key, value in wanted if step in steps])


def step_lines(text: str, runbook: str) -> Mapping[str, int]:
    """Step -> the line, from 1, where it begins in the file."""
    return {step: int(node.start_mark.line) + 1 for step, node in _steps_of(text, runbook).items()}


def _steps_of(text: str, runbook: str) -> Mapping[str, MappingNode]:
    try:
        known = Text(text)
    except yaml.YAMLError:
        return {}
    books = [root for root in known.roots if isinstance(root, MappingNode) and _is_named(root, runbook)]
    written = [step for book in books if isinstance(held := child(book, "steps"), SequenceNode) for step in held.value]
    named = [(_id_of(step), step) for step in written if isinstance(step, MappingNode)]
    return {id_.value.split(" ")[-1]: step for id_, step in named if id_ is not None}


def _is_named(root: MappingNode, runbook: str) -> bool:
    id_ = child(root, "id")
    return isinstance(id_, ScalarNode) and id_.value == runbook


def _set_key(text: str, step: MappingNode, key: str, value: str) -> Edit:
    written = child(step, key)
    if written is None:
        return insert(text, step, f"{key}: {value}")
    return Edit(written.start_mark.index, written.end_mark.index, value)


def fix_file(name: str, text: str, beside: Mapping[str, bytes]) -> str:
    """The text with all advice done that is mechanical; `beside` are the files of its folder."""
    leaves = check_files(beside.items()).leaves
    problems = _problems(name, text, beside, leaves)
    for _ in range(_MOST):
        found = next(_better(name, text, beside, leaves, problems), None)
        if found is None:
            break
        text, problems = found
    return text


def _better(
    name: str, text: str, beside: Mapping[str, bytes], leaves: Mapping[str, Leaf], problems: list[Problem]
) -> Iterator[tuple[str, list[Problem]]]:
    """The text after each single change that takes problems away and brings up none, and what is left then."""
    for problem in problems:
        for edits in edits_for(text, problem):
            after = apply(text, edits)
            left = _problems(name, after, beside, leaves) if after != text else problems
            broke = next((one for one in problems if one.rule == _UNREAD), None)
            if _is_better(problems, left) if broke is None else _reads_further(broke, left):
                yield after, left


def _is_better(before: list[Problem], after: list[Problem]) -> bool:
    was, now = (Counter((one.rule, one.message) for one in told) for told in (before, after))
    return len(after) < len(before) and not now - was


def _reads_further(unread: Problem, after: list[Problem]) -> bool:
    """Where the reading broke off nothing behind it was told yet; now it does not, or only further on."""
    return all(one.rule != _UNREAD or (one.line, one.column) > (unread.line, unread.column) for one in after)


def _problems(name: str, text: str, beside: Mapping[str, bytes], leaves: Mapping[str, Leaf]) -> list[Problem]:
    files = {**beside, name: text.encode("utf-8", "surrogateescape")}
    return [one for one in check_files(files.items(), leaves).problems if one.file == name]


def edits_for(text: str, problem: Problem) -> list[list[Edit]]:
    """The changes that the advice of a problem means, the likeliest first; none where somebody has to choose."""
    try:
        known = None if problem.rule in _BEFORE_YAML else Text(text)
    except yaml.YAMLError:
        return []
    return [edits for fix in _FIXES.get(problem.rule, ()) if (edits := fix(text, known, problem))]


def _names_another(_text: str, known: Text | None, problem: Problem) -> list[Edit]:
    """The advice is the very word that was meant."""
    spot = known.at(problem.line, problem.column) if known is not None else None
    if spot is None or not isinstance(spot.node, ScalarNode) or not _WORD.fullmatch(problem.hint):
        return []
    return [replace(spot.node, problem.hint)]


def _key_is_another(_text: str, known: Text | None, problem: Problem) -> list[Edit]:
    spot = known.at(problem.line, problem.column) if known is not None else None
    meant = re.fullmatch(r"([\w-]+):(?: instead of .*)?", problem.hint)
    if spot is None or meant is None or not isinstance(spot.node, ScalarNode):
        return []
    key = spot.node if spot.is_key else spot.key
    return [] if key is None else [Edit(key.start_mark.index, key.end_mark.index, meant[1])]


def _one_more_key(text: str, known: Text | None, problem: Problem) -> list[Edit]:
    """The advice is a line of the step."""
    holder = _step_at(known, problem)
    said = re.match(r"(max_visits|else|go): [\w-]+", problem.hint)
    if holder is None or said is None:
        return []
    go = child(holder, "go") if said[1] == "go" else None
    if isinstance(go, MappingNode):
        forward = FORWARD[next(key for key, _ in _kinds_in(holder))]
        return [insert(text, go, f"{forward}: {said[0].partition(': ')[2]}", first=True)]
    return [insert(text, holder, said[0])] if child(holder, said[1]) is None else []


def _other_exit(text: str, known: Text | None, problem: Problem) -> list[Edit]:
    """The advice is where an exit leads instead: ``fail: hold``."""
    said = re.match(r"(\w+): ([\w-]+)", problem.hint)
    holder = _step_at(known, problem)
    if said is None or holder is None:
        return []
    go = child(holder, "go")
    written = child(go, said[1]) if isinstance(go, MappingNode) else None
    if isinstance(written, ScalarNode):
        return [replace(written, said[2])]
    return [insert(text, go, said[0])] if isinstance(go, MappingNode) else []


def _kinds_in(step: MappingNode) -> Iterator[tuple[str, ScalarNode]]:
    for key, _ in step.value:
        if isinstance(key, ScalarNode) and (kind := key.value.split(" ")[0]) in _OF_THE_KIND:
            yield "run" if kind in EFFECTS else kind, key


def _step_at(known: Text | None, problem: Problem) -> MappingNode | None:
    """The step that a problem stands in: the outermost mapping below `steps` that holds its place."""
    if known is None:
        return None
    here = (problem.line - 1, problem.column - 1)
    for root in known.roots:
        steps = child(root, "steps") if isinstance(root, MappingNode) else None
        for step in steps.value if isinstance(steps, SequenceNode) else ():
            start, end = step.start_mark, step.end_mark
            if (
                isinstance(step, MappingNode)
                and (start.line, start.column) <= here
                and here < (end.line, max(end.column, 1))
            ):
                return step
    return None


def _in_quotes(text: str, known: Text | None, problem: Problem) -> list[Edit]:
    """What is written there, as text."""
    spot = known.at(problem.line, problem.column) if known is not None else None
    if spot is None or not isinstance(spot.node, ScalarNode) or spot.node.style is not None:
        return []
    if problem.rule == "S16" and not problem.hint.endswith("in quotes"):
        return _names_another(text, known, problem)
    if problem.rule == "S12" and not re.fullmatch(r'"\d{4}-\d{2}-\d{2}"', problem.hint):
        return []
    return [Edit(spot.node.start_mark.index, spot.node.end_mark.index, quoted(spot.node.value))]


def _plain_boolean(_text: str, known: Text | None, problem: Problem) -> list[Edit]:
    spot = known.at(problem.line, problem.column) if known is not None else None
    if spot is None or not isinstance(spot.node, ScalarNode):
        return []
    return [Edit(spot.node.start_mark.index, spot.node.end_mark.index, problem.hint.partition(",")[0])]


def _whole_value(text: str, _known: Text | None, problem: Problem) -> list[Edit]:
    """The advice is a key with its whole value, in quotes or below it."""
    found = quoted_value(text, problem)
    return [Edit(*found)] if found is not None else []


def _quoted_placeholder(text: str, _known: Text | None, problem: Problem) -> list[Edit]:
    """Two braces without quotes: the rest of the value in quotes."""
    at = place_of(text, problem)
    found = re.compile(r"\{\{[^{}\n]*\}\}[^\n,\]}#\"']*").match(text, at)
    if found is None:
        return []
    written = found[0].rstrip()
    return [Edit(at, at + len(written), f'"{written}"')]


def _bind_more(text: str, known: Text | None, problem: Problem) -> list[Edit]:
    """A sign-off binds what its bound steps use; the advice is the whole list."""
    said = re.fullmatch(r"binds: \{vars: \[([\w, ]+)\]\}", problem.hint)
    step = _step_at(known, problem)
    binds = child(step, "binds") if step is not None else None
    if said is None or not isinstance(binds, MappingNode):
        return []
    names = child(binds, "vars")
    if isinstance(names, SequenceNode) and names.flow_style:
        return [Edit(names.start_mark.index, names.end_mark.index, f"[{said[1]}]")]
    return [] if names is not None else [insert(text, binds, f"vars: [{said[1]}]", first=True)]


def _without_comment(text: str, _known: Text | None, problem: Problem) -> list[Edit]:
    at = place_of(text, problem)
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    start = len(text[:at].rstrip(" \t"))
    alone = start == 0 or text[start - 1] == "\n"
    return [Edit(start, min(end + 1, len(text)) if alone else end, "")]


Fix = Callable[[str, Text | None, Problem], list[Edit]]
_UNREAD = "S1"
_BEFORE_YAML = frozenset({_UNREAD, "S18", "A3"})
"""Rules whose places need no reading of the YAML, or stand where it cannot be read."""
_FIXES: Mapping[str, tuple[Fix, ...]] = {
    **dict.fromkeys(
        ("S5", "G2", "N2", "N4", "N5", "N6", "N8", "N9", "N10", "C2", "C3", "C5", "C18"), (_names_another,)
    ),
    **dict.fromkeys(("S14", "S17"), (_key_is_another,)),
    **dict.fromkeys(("G5", "G6", "G13"), (_one_more_key,)),
    **dict.fromkeys(("F5", "F6"), (_other_exit,)),
    **dict.fromkeys(("S12", "S16"), (_in_quotes,)),
    _UNREAD: (_whole_value,),
    "S10": (_plain_boolean, _in_quotes), "S18": (_quoted_placeholder,), "D3": (_bind_more,), "A3": (_without_comment,),
}  # fmt: skip
"""Rule -> how its advice is done."""
