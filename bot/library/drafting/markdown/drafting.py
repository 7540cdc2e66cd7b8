"""Writes an outline as a runbook: every step with its exits, every guess as a TODO beside it."""

from collections.abc import Iterator
from itertools import count

from bot.library.drafting.around import Around
from bot.library.drafting.markdown.commands import safe_words
from bot.library.drafting.markdown.gathering import WHETHER
from bot.library.drafting.markdown.nodes import Deed, Fork, Node, Way, every
from bot.library.drafting.markdown.reading import NoMarkdown, read_markdown
from bot.library.drafting.markdown.sections import Outline, outline_of
from bot.library.drafting.markdown.words import slug
from bot.library.drafting.scribe import clean, comment, entry, quoted, scalar
from bot.library.reading.syntax import MAX_BYTES, MAX_STEPS
from bot.library.schema import file_name
from bot.library.secrets import without_secrets

_RESERVED = frozenset({"hold", "stopped", "partly", "done", "verify", "roll_back", "rolled_back"})
_MOST_STEPS = MAX_STEPS - 10
"""The steps that every draft brings along need some room."""
_MOST_SAID = 2_900
_MOST_WORDS = 3_000
_MOST_REFERENCES = 30
_FEW_ITEMS = 2
_ENDS = """\
  - id: verify
    do: "TODO: say how somebody who did not operate sees that it is right"
    phase: verify
    who: lead
    evidence: required
    go: {ok: done, problem: hold}

  - {id: done, end: Close the run, phase: verify, outcome: recovered}
"""
_HOLD = """\
  - id: hold
    decide: Hold here and call the lead
    phase: hold
    who: lead
    page: true
    back: true
    options:
      - {id: stop, label: Stop the run, when: "Going on would make it worse.", go: stopped}
      - {id: partial, label: Close as partial, when: "What can be recovered is recovered.", go: partly}
"""
_AFTER_HOLD = """\
    max_visits: 20
    go: {unsure: hold}

  - {id: stopped, end: Stop the run and leave everything as it is, phase: hold, outcome: escalated}
  - {id: partly, end: Close the run as partly recovered, phase: hold, outcome: partial}
"""


def import_markdown(data: bytes, name: str, around: Around, schemas: str = ".schema") -> str:
    """A runbook that loads as a draft; NoMarkdown with a sentence when the bytes are no Markdown.

    `name` is the file's, without a folder; `schemas` the folder of the editor's schemas, as seen from the draft.
    """
    outline = outline_of(read_markdown(data))
    nodes = outline.nodes or [Deed("TODO: the first thing to do", notes=["nothing here reads like a step"])]
    _name_all([*every(nodes), *every(outline.way_back)])
    count = sum(1 for _ in [*every(nodes), *every(outline.way_back)])
    if count > MAX_STEPS - 10:
        reason = (
            f"It has {count} steps, and at most {MAX_STEPS - 10} fit into a runbook. Split it: one file a procedure."
        )
        raise NoMarkdown(reason)
    lines = [*_head(outline, name, around, schemas), "", "steps:", *_steps(nodes, "verify", outline)]
    lines += _ENDS.splitlines()
    lines += ["", *_way_back(outline), *_HOLD.splitlines(), *_option_back(outline), *_AFTER_HOLD.splitlines()]
    told = [without_secrets(line)[0] if line.lstrip().startswith("#") else line for line in lines]
    draft = "\n".join(told) + "\n" + around.people
    if len(draft.encode()) > MAX_BYTES:
        reason = "What becomes of it is too big for one runbook. Split it: one procedure, one file."
        raise NoMarkdown(reason)
    return draft


def _name_all(nodes: list[Node]) -> None:
    """An id for every step, from its title, each once."""
    taken = set(_RESERVED)
    used: dict[str, int] = {}
    for node in nodes:
        base = slug(safe_words(node.title.removeprefix(WHETHER))) or "step"
        free = (f"{base}_{number}" if number > 1 else base for number in count(used.get(base, 1)))
        node.id = next(id_ for id_ in free if id_ not in taken)
        used[base] = used.get(base, 1) + 1
        taken.add(node.id)


def _head(outline: Outline, name: str, around: Around, schemas: str) -> Iterator[str]:
    title, objective = _line(outline.title) or _line(name.rpartition(".")[0]) or "Untitled", _line(outline.objective)
    stem = (slug(title) or slug(name) or "imported").replace("_", "-")
    id_ = next(one for one in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if one not in around.runbooks)
    yield f"# yaml-language-server: $schema={schemas}/{file_name('any' if around.people else 'runbook')}"
    yield from comment(f"Made from {clean(name)}. Lists became `do` steps, “if … then …” became `decide`.")
    yield from comment("Each guess is marked, and `handrail check` names them all. Nobody meets this draft live.")
    if outline.foreign:
        yield from comment(
            "TODO: the page does not read like English. Its commands, headings and lists were recognised; "
            "conditions, warnings and what a section is for were not, unless they are said in English."
        )
    details, items = outline.details
    if not outline.foreign and items > _FEW_ITEMS and details * 3 >= items * 2:
        yield from comment(
            f"TODO: this page explains more than it instructs: {details} of {items} items of its lists "
            "tell nothing to do."
        )
    for heading, words in outline.left:
        yield from comment(f"\nNot used{f', from “{heading}”' if heading else ''}:\n{_safe_comment(words)}")
    yield "schema: runbook/v1"
    yield f"id: {id_}"
    yield from _in_full(title, 75, 0)
    yield f"title: {scalar(_cut(title, 75))}  # TODO: the situation as people see it, not the tool"
    yield "status: draft"
    yield "enter_when:"
    yield from _items(outline.enter_when[:5], 200, "TODO: a sign that a person can see")
    for more in outline.enter_when[5:]:
        yield from comment(f"TODO: at most five signs; also: {_line(more)}", 2)
    yield "not_for:"
    for other in outline.not_for or ["TODO: a situation that looks alike"]:
        yield from _in_full(_line(other), 300, 2)
        yield f'  - {{when: {quoted(_cut(_line(other), 300))}, use: "TODO: the id of another runbook, or whom to ask"}}'
    yield f"objective: {quoted(_cut(objective, 200) if objective else 'TODO: what is true once this is done')}"
    if len(objective) > 200:  # noqa: PLR2004  (the format's limit)
        yield from comment(f"TODO: shorten the objective; in full: {objective}")
    yield f"owner: {around.owner}  # TODO: the team that keeps this true"
    yield "roles:  # TODO: team:ID, rotation:ID or a list of person:ID"
    yield f'  operator: "team:{around.owner}"'
    yield f'  lead: "team:{around.lead}"'
    for role in dict.fromkeys(one.signer for one in _deeds(outline) if one.signer not in ("", "operator", "lead")):
        yield f'  {role}: "team:{around.lead}"  # TODO guess: who is that?'
    yield "failure_modes:  # TODO: at least three, each answered by a step or a resource"
    yield from _failures(outline)
    yield "exception: hold"
    yield from _references(outline)


def _in_full(text: str, limit: int, indent: int) -> Iterator[str]:
    """What is cut stands whole in a comment."""
    if len(text) > limit:
        yield from comment(f"TODO: shorten; in full: {text}", indent)


def _deeds(outline: Outline) -> Iterator[Deed]:
    return (node for node in [*every(outline.nodes), *every(outline.way_back)] if isinstance(node, Deed))


def _items(texts: list[str], limit: int, else_: str) -> Iterator[str]:
    for text in texts or [else_]:
        yield from _in_full(_line(text), limit, 2)
        yield f"  - {quoted(_cut(_line(text), limit) or else_)}"


def _failures(outline: Outline) -> Iterator[str]:
    for failure in outline.failures or ["TODO: what can go wrong with this procedure itself"]:
        yield from _in_full(_line(failure), 200, 2)
        yield f"  - {{mode: {quoted(_cut(_line(failure), 200))}, answer: hold}}  # TODO guess: the answer"


def _references(outline: Outline) -> Iterator[str]:
    links = [clean(link) for link in outline.links]
    whole = [link for link in links if link.startswith(("https://", "http://"))]
    kept = [link for link in whole if link == safe_words(link) and len(link) <= _MOST_WORDS][:_MOST_REFERENCES]
    beside = [_safe_comment(link) for link in links if link not in kept]
    if beside:
        yield from comment("TODO: the page also leads to:\n" + "\n".join(beside))
    if kept:
        yield "references:"
        yield from (f"  - {quoted(link)}" for link in kept)


def _steps(nodes: list[Node], after: str, outline: Outline) -> Iterator[str]:
    """Steps in the order of reading; each goes on to the next, the last to `after`."""
    for number, node in enumerate(nodes):
        onward = nodes[number + 1].id if number + 1 < len(nodes) else after
        if isinstance(node, Deed):
            yield from _deed(node, onward)
        else:
            yield from _fork(node, onward, outline)
            for way in node.ways:
                yield from _steps(way.nodes, _jumped(way, onward, outline), outline)


def _deed(deed: Deed, onward: str) -> Iterator[str]:
    notes = [*deed.notes, *(deed.command.notes if deed.command else ())]
    said, command = "\n".join(deed.say), deed.command.text if deed.command else ""
    left_out = deed.command.left_out if deed.command else ""
    if len(command) > _MOST_WORDS:
        notes.append("TODO: this command is too long for a card; put it into a script and name that")
        command, left_out = "", command
    yield from _opening(deed, notes)
    if left_out:
        yield from comment(f"The command:\n{left_out}", 4)
    yield from entry("signoff" if deed.signer else "do", _title(deed.title), 4)
    yield from _common(deed, said)
    if deed.signer:
        yield f"    from: [{deed.signer}]"
        yield f"    go: {{approved: {onward}, rejected: hold, expired: hold}}"
        yield ""
        return
    if command:
        yield from entry("command", command, 4)
    if deed.optional:
        yield "    skip: true"
    yield f"    go: {{ok: {onward}, problem: hold}}"
    yield ""


def _fork(fork: Fork, onward: str, outline: Outline) -> Iterator[str]:
    targets = [way.nodes[0].id if way.nodes else _jumped(way, onward, outline) for way in fork.ways]
    cut = [
        f"in full: {words}"
        for way in fork.ways
        for words, limit in ((_line(way.label), 75), (_line(way.when), 300))
        if len(words) > limit
    ]
    lost = [way.jump for way in fork.ways if way.jump is not None and _meant(way, outline) is None]
    told = [f"TODO: where does “{jump.name or f'step {jump.number}'}” lead?" for jump in lost]
    yield from _opening(fork, [*fork.notes, *told, *cut])
    yield from entry("decide", _title(fork.title), 4)
    yield from _common(fork, "\n".join(fork.say))
    yield "    options:"
    for number, (way, target) in enumerate(zip(fork.ways, targets, strict=True), 1):
        label, when = _cut(_line(way.label), 75) or f"Answer {number}", _cut(_line(way.when), 300) or "TODO: when?"
        yield f"      - {{id: answer_{number}, label: {quoted(label)}, when: {quoted(when)}, go: {target}}}"
    if any(way.jump is not None for way in fork.ways):
        yield "    max_visits: 5  # TODO guess: how often may one come back here?"
    yield "    go: {unsure: hold}"
    yield ""


def _jumped(way: Way, onward: str, outline: Outline) -> str:
    """Where a way goes on after its own steps."""
    found = _meant(way, outline)
    return found.id if found is not None else onward


def _meant(way: Way, outline: Outline) -> Node | None:
    """The step that a jump means; None without a jump, and for one that cannot be followed."""
    if way.jump is None:
        return None
    if not way.jump.number:
        return outline.marks.get(way.jump.name)
    return outline.marks.get((way.within, way.jump.number)) or outline.marks.get((0, way.jump.number))


def _opening(node: Node, notes: list[str]) -> Iterator[str]:
    for note in notes:
        yield from comment(" ".join(clean(note).split()), 2)
    yield f"  - id: {node.id}"


def _common(node: Node, said: str) -> Iterator[str]:
    if node.phase:
        yield f"    phase: {node.phase}"
    words = safe_words(clean(said)).strip()
    if len(words) > _MOST_SAID:
        yield from comment(f"TODO: shorten what is said; in full:\n{words}", 4)
    if words:
        yield from entry("say", _cut(words, _MOST_SAID), 4)
    if caution := _line(node.caution):
        yield from _in_full(caution, 500, 4)
        yield f"    caution: {quoted(_cut(caution, 500))}"


def _way_back(outline: Outline) -> Iterator[str]:
    if outline.way_back:
        yield "  # TODO guess: a rollback is reached from `hold`, and ends the run"
        yield from _steps(outline.way_back, "rolled_back", outline)
        yield "  - {id: rolled_back, end: Close the run as rolled back, phase: hold, outcome: aborted}"
        yield ""


def _option_back(outline: Outline) -> Iterator[str]:
    if outline.way_back:
        target = outline.way_back[0].id
        yield f'      - {{id: back_out, label: Roll back, when: "What was done has to be taken back.", go: {target}}}'


def _title(text: str) -> str:
    return _cut(_line(text).rstrip(":"), 150) or "TODO: a title"


def _line(text: str) -> str:
    return " ".join(safe_words(clean(text)).split())


def _safe_comment(text: str) -> str:
    return safe_words(clean(text))


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words; an ellipsis shows that something is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[limit // 2 :] else cut}…"
