"""Writes an outline as a runbook: every step with its exits, every guess as a TODO beside it."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import unquote, urljoin

from bot.library.check import check_files
from bot.library.drafting.markdown.commands import TO_FILL_IN, safe_words
from bot.library.drafting.markdown.gathering import WHETHER
from bot.library.drafting.markdown.nodes import DraftedDo, Fork, ForkAnswer, Node, every
from bot.library.drafting.markdown.pieces import Link
from bot.library.drafting.markdown.reading import NoMarkdown, read_markdown
from bot.library.drafting.markdown.sections import Outline, outline_of
from bot.library.drafting.markdown.variables import AS, OPEN, PATTERN, variables_of, with_variables
from bot.library.drafting.markdown.words import capital, slug
from bot.library.drafting.scribe import clean, comment, entry, quoted, scalar
from bot.library.reading.short import EVERYBODY, USUAL
from bot.library.reading.short import slug as free_slug
from bot.library.reading.syntax import MAX_BYTES, MAX_STEPS
from bot.library.schema import file_name
from bot.library.secrets import without_secrets

_RESERVED = frozenset({*USUAL, "verify", "roll_back", "rolled_back"})
_MOST_STEPS = MAX_STEPS - 10
"""The steps that every draft brings along need some room."""
_MOST_SAID = 2_900
_MOST_WORDS = 3_000
_MOST_REFERENCES = 30
_SCHEME = re.compile(r"(?:https?:)?//|mailto:", re.IGNORECASE)
_NO_PAGE = re.compile(r"#|(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""A place of the page itself; a letter, a call, a file of somebody’s own machine."""
_FEW_ITEMS = 2
_VERIFY = """\
  - do verify: "TODO: say how somebody who did not operate sees that it is right"
    phase: verify
    who: lead
    evidence: required
    go: done
"""


def import_markdown(
    data: bytes, name: str, runbooks: Collection[str] = (), schemas: str = ".schema", language: str = "en", *,
    address: str = "",
) -> str:  # fmt: skip
    """A runbook that loads as a draft, in the short form; NoMarkdown with a sentence when the bytes are no Markdown.

    `name` is the file's, without a folder; `runbooks` are ids that are taken; `schemas` is the folder of the editor's
    schemas, as seen from the draft; `language` is the one that the folder says it is written in; `address` is where
    people read the page, if they do.
    """
    outline = outline_of(read_markdown(data), is_english=language == "en")
    if address:
        led = [_led_from(address, one) for one in outline.links if one.address]
        outline.links = [Link("", address), *(one for one in led if not one.address.startswith(f"{address}#"))]
    outline.nodes = outline.nodes or [
        DraftedDo("TODO: the first thing to do", notes=["nothing here reads like a step"])
    ]
    nodes = [*every(outline.nodes), *every(outline.way_back)]
    _name_all(nodes)
    if len(nodes) > _MOST_STEPS:
        reason = (
            f"It has {len(nodes)} steps, and at most {_MOST_STEPS} fit into a runbook. Split it: one file a procedure."
        )
        raise NoMarkdown(reason)
    named = variables_of(nodes)
    draft = _written(outline, named, name, runbooks, schemas)
    if named and not _loads(draft):
        named = {
            one: words
            for one, words in named.items()
            if _loads(_written(outline, {one: words}, name, runbooks, schemas))
        }
        draft = _written(outline, named, name, runbooks, schemas)
        draft = draft if _loads(draft) else _written(outline, {}, name, runbooks, schemas)
    if len(draft.encode()) > MAX_BYTES:
        reason = "What becomes of it is too big for one runbook. Split it: one procedure, one file."
        raise NoMarkdown(reason)
    return draft


def _loads(draft: str) -> bool:
    """Whether a draft has no error: a value that somebody types is not taken everywhere in a command."""
    return check_files([("draft.yaml", draft.encode())]).errors == 0


def _written(outline: Outline, named: Mapping[str, str], name: str, runbooks: Collection[str], schemas: str) -> str:
    lines = [*_head(outline, named, name, runbooks, schemas), "", "steps:"]
    lines += _body(outline, named)
    told = [without_secrets(line)[0] if line.lstrip().startswith("#") else line for line in lines]
    return "\n".join(told).rstrip("\n") + "\n"


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


def _head(
    outline: Outline, named: Mapping[str, str], name: str, runbooks: Collection[str], schemas: str
) -> Iterator[str]:
    title, objective = _line(outline.title) or _line(name.rpartition(".")[0]) or "Untitled", _line(outline.objective)
    yield f"# yaml-language-server: $schema={schemas}/{file_name('runbook')}"
    yield from comment(f"Made from {clean(name)}; each guess is marked. What is not written is Handrail's own: what")
    yield from comment(
        "comes next, where failures lead, how the run ends. `handrail check --for active` says what lacks."
    )
    yield from _about(outline)
    for heading, words in outline.left:
        yield from comment(f"\nNot used{f', from “{heading}”' if heading else ''}:\n{_safe_comment(words)}")
    yield "schema: runbook/v1"
    yield from _id(title, name, runbooks)
    yield from _in_full(title, 75, 0)
    yield f"title: {scalar(_cut(title, 75))}"
    if outline.enter_when:
        yield f"enter_when:{_from(outline, 'enter_when')}"
        yield from _items(outline.enter_when[:5], 200)
    for more in outline.enter_when[5:]:
        yield from comment(f"TODO: at most five signs; also: {_line(more)}", 2)
    if outline.not_for:
        yield f"not_for:{_from(outline, 'not_for')}"
    for other in outline.not_for:
        yield from _in_full(_line(other), 300, 2)
        yield f'  - {{when: {quoted(_cut(_line(other), 300))}, use: "TODO: the id of another runbook, or whom to ask"}}'
    if objective:
        yield from comment("TODO guess: what is over once it is done, by the impact") if outline.is_impact else ()
        yield f"objective: {quoted(_cut(objective, 200))}{_from(outline, 'objective')}"
    if len(objective) > 200:  # noqa: PLR2004  (the format's limit)
        yield from comment(f"TODO: shorten the objective; in full: {objective}")
    yield from _roles(outline)
    yield from _inputs(named)
    yield from _failures(outline)
    yield from _references(outline)


def _from(outline: Outline, key: str) -> str:
    """Under which headings the page says it."""
    said = [one for one in (_line(heading) for heading in outline.headings.get(key, [])) if one]
    return f"  # from “{'”, “'.join(said)}”" if said else ""


def _about(outline: Outline) -> Iterator[str]:
    """What one should know of the page as a whole before one reads the draft."""
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


def _id(title: str, name: str, runbooks: Collection[str]) -> Iterator[str]:
    """An id, where the one that a draft is given by its title is taken, or where the title gives none."""
    given = free_slug(_cut(title, 75), "-")
    if given and given not in runbooks:
        return
    stem = given or (slug(name.rpartition(".")[0]) or "imported").replace("_", "-")
    yield f"id: {next(one for one in (stem, *(f'{stem[:60]}-{n}' for n in range(2, 10_000))) if one not in runbooks)}"


def _roles(outline: Outline) -> Iterator[str]:
    asked = dict.fromkeys(one.signer for one in _deeds(outline) if one.signer not in ("", "operator", "lead"))
    if asked:
        yield "roles:"
    for role in asked:
        yield f"  {role}: {EVERYBODY}  # TODO guess: who is that? team:ID, rotation:ID or a list of person:ID"


def _inputs(named: Mapping[str, str]) -> Iterator[str]:
    """What the page leaves to be filled in more than once: asked at the start, and filled in by Handrail."""
    if named:
        yield "inputs:"
    for variable, words in named.items():
        ask = quoted(f"{capital(words)}?")
        yield f'  {variable}: {{type: string, pattern: "{PATTERN}", as: {quoted(AS)}, required: true, ask: {ask}}}'


def _in_full(text: str, limit: int, indent: int) -> Iterator[str]:
    """What is cut stands whole in a comment."""
    if len(text) > limit:
        yield from comment(f"TODO: shorten; in full: {text}", indent)


def _deeds(outline: Outline) -> Iterator[DraftedDo]:
    return (node for node in [*every(outline.nodes), *every(outline.way_back)] if isinstance(node, DraftedDo))


def _items(texts: list[str], limit: int) -> Iterator[str]:
    for text in texts:
        yield from _in_full(_line(text), limit, 2)
        yield f"  - {quoted(_cut(_line(text), limit) or 'TODO: a sign that a person can see')}"


def _failures(outline: Outline) -> Iterator[str]:
    if outline.failures:
        yield f"failure_modes:{_from(outline, 'failure_modes')}"
    for failure in outline.failures:
        yield from _in_full(_line(failure), 200, 2)
        yield f"  - {{mode: {quoted(_cut(_line(failure), 200))}, answer: hold}}  # TODO guess: the answer"


def _references(outline: Outline) -> Iterator[str]:
    """Links, also those to other pages of the wiki; what is no page for a reader is kept beside them."""
    said = dict[str, str]()
    for one in outline.links:
        said.setdefault(one.address, _reference(one))
    said.pop("", None)
    read = [words for address, words in said.items() if not _NO_PAGE.match(address)]
    kept = [words for words in read if words == safe_words(words) and len(words) <= _MOST_WORDS][:_MOST_REFERENCES]
    beside = [_safe_comment(words) for words in said.values() if words not in kept]
    if beside:
        yield from comment("TODO: the page also leads to:\n" + "\n".join(beside))
    if kept:
        by_path = any(not _SCHEME.match(address) for address, words in said.items() if words in kept)
        yield "references:" + ("  # paths are as the page has them" if by_path else "")
        yield from (f"  - {quoted(link)}" for link in kept)


def _led_from(page: str, link: Link) -> Link:
    """A link as it leads from where the page is read; one that leads nowhere stays as it is written."""
    try:
        return replace(link, address=urljoin(page, link.address))
    except ValueError:
        return link


def _reference(link: Link) -> str:
    """A link as it is read: one within the wiki says little by its path, so the words that lead there stand before."""
    if _SCHEME.match(link.address):
        return clean(link.address)
    path, words = _line(clean(unquote(link.address))), _line(link.words)
    return path if words in {"", path} else f"{words} ({path})"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A step at its place in the file: where it leads, and which step comes after it there."""

    node: Node
    onward: str
    after: str


class _Body:
    """Writes the steps: only ways that do not lead to the next step are written, and only names that a way uses."""

    def __init__(self, outline: Outline, named: Mapping[str, str]) -> None:
        self.outline, self.named = outline, named
        self.phase = ""
        self.placed = [*_order(outline.nodes, "verify", outline), *_order(outline.way_back, "rolled_back", outline)]
        self.used = {one.onward for one in self.placed if one.onward != one.after}
        for one in self.placed:
            if isinstance(one.node, Fork):
                self.used |= set(_targets(one.node, one.onward, outline))
        self.used |= {outline.way_back[0].id} if outline.way_back else set()

    def lines(self, of: list[Node]) -> Iterator[str]:
        """The lines of some of the steps, as they stand in the file."""
        mine = set(map(id, every(of)))
        for one in self.placed:
            if id(one.node) in mine:
                yield from self._deed(one.node, one) if isinstance(one.node, DraftedDo) else self._fork(one.node, one)
                yield ""

    def _key(self, kind: str, node: Node) -> str:
        """The kind, and the name of the step where something leads to it, or where its title would make it another."""
        title = free_slug(_title(node.title)) or "step"
        return f"{kind} {node.id}" if node.id in self.used or title in _RESERVED else kind

    def _common(self, node: Node, said: str) -> Iterator[str]:
        if node.phase and node.phase != self.phase:
            self.phase = node.phase
            yield f"    phase: {node.phase}"
        words = safe_words(clean(said)).strip()
        if len(words) > _MOST_SAID:
            yield from comment(f"TODO: shorten what is said; in full:\n{words}", 4)
        if words:
            yield from entry("say", _cut(words, _MOST_SAID), 4)
        if caution := _line(node.caution):
            yield from _in_full(caution, 500, 4)
            yield f"    caution: {quoted(_cut(caution, 500))}"

    def _deed(self, deed: DraftedDo, at: _Placed) -> Iterator[str]:
        notes = [*deed.notes, *(deed.command.notes if deed.command else ())]
        said, command = "\n".join(deed.say), deed.command.text if deed.command else ""
        left_out = deed.command.left_out if deed.command else ""
        if len(command) > _MOST_WORDS:
            notes.append("TODO: this command is too long for a card; put it into a script and name that")
            command, left_out = "", command
        filled = with_variables(command, self.named)
        if filled != command and not OPEN.search(filled):
            notes = [note for note in notes if note != TO_FILL_IN]
        yield from _opening(notes)
        if left_out:
            yield from comment(f"The command:\n{left_out}", 4)
        yield from _step(self._key("signoff" if deed.signer else "do", deed), _title(deed.title))
        yield from self._common(deed, said)
        if deed.signer:
            yield f"    from: [{deed.signer}]"
        elif command:
            yield from entry("command", filled, 4)
        if deed.optional and not deed.signer:
            yield "    is: [skippable]"
        if at.onward != at.after:
            yield f"    go: {at.onward}"

    def _fork(self, fork: Fork, at: _Placed) -> Iterator[str]:
        cut = [
            f"in full: {words}"
            for way in fork.ways
            for words, limit in ((_line(way.label), 75), (_line(way.when), 300))
            if len(words) > limit
        ]
        lost = [way.jump for way in fork.ways if way.jump is not None and _meant(way, self.outline) is None]
        told = [f"TODO: where does “{jump.name or f'step {jump.number}'}” lead?" for jump in lost]
        yield from _opening([*fork.notes, *told, *cut])
        yield from _step(self._key("decide", fork), _title(fork.title))
        yield from self._common(fork, "\n".join(fork.say))
        yield "    options:"
        targets = _targets(fork, at.onward, self.outline)
        for number, (way, target) in enumerate(zip(fork.ways, targets, strict=True), 1):
            label, when = _cut(_line(way.label), 75) or f"Answer {number}", _cut(_line(way.when), 300) or "TODO: when?"
            yield f"      - {{id: answer_{number}, label: {quoted(label)}, when: {quoted(when)}, go: {target}}}"
        if any(way.jump is not None for way in fork.ways):
            yield "    max_visits: 5  # TODO guess: how often may one come back here?"


def _body(outline: Outline, named: Mapping[str, str]) -> Iterator[str]:
    body = _Body(outline, named)
    yield from body.lines(outline.nodes)
    yield from _VERIFY.splitlines()
    if not outline.way_back:
        return
    body.phase = "verify"
    yield from ("", "  # TODO guess: a rollback is reached from `hold`, and ends the run")
    yield from body.lines(outline.way_back)
    yield "  - {id: rolled_back, end: Close the run as rolled back, phase: hold, outcome: aborted}"
    yield "  - id: hold"
    yield "    options:"
    for option in USUAL["hold"]["options"]:
        yield f"      - {{{', '.join(f'{key}: {scalar(value)}' for key, value in option.items())}}}"
    target = outline.way_back[0].id
    yield f'      - {{id: back_out, label: Roll back, when: "What was done has to be taken back.", go: {target}}}'


def _order(nodes: list[Node], onward: str, outline: Outline) -> list[_Placed]:
    """The steps in the order of the file, each with where it leads."""
    found: list[_Placed] = []

    def walk(several: list[Node], end: str) -> None:
        for node, after in zip(several, [*several, None][1:], strict=True):
            to = after.id if after is not None else end
            found.append(_Placed(node, to, ""))
            for way in node.ways if isinstance(node, Fork) else ():
                walk(way.nodes, _jumped(way, to, outline))

    walk(nodes, onward)
    last = onward if onward == "verify" else ""  # an end is never fallen into
    ids = [one.node.id for one in found]
    return [replace(one, after=after) for one, after in zip(found, [*ids[1:], last][: len(ids)], strict=True)]


def _targets(fork: Fork, onward: str, outline: Outline) -> list[str]:
    return [way.nodes[0].id if way.nodes else _jumped(way, onward, outline) for way in fork.ways]


def _step(key: str, title: str) -> Iterator[str]:
    yield f"  - {entry(key, title, 0)[0]}"


def _jumped(way: ForkAnswer, onward: str, outline: Outline) -> str:
    """Where a way goes on after its own steps."""
    found = _meant(way, outline)
    return found.id if found is not None else onward


def _meant(way: ForkAnswer, outline: Outline) -> Node | None:
    """The step that a jump means; None without a jump, and for one that cannot be followed."""
    if way.jump is None:
        return None
    if not way.jump.number:
        return outline.marks.get(way.jump.name)
    return outline.marks.get((way.within, way.jump.number)) or outline.marks.get((0, way.jump.number))


def _opening(notes: list[str]) -> Iterator[str]:
    for note in notes:
        yield from comment(" ".join(clean(note).split()), 2)


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
