"""What each section of a Markdown runbook is for: the head of the draft, its phases, its way back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.library.drafting.markdown.commands import is_command
from bot.library.drafting.markdown.gathering import TITLE, Gathering, is_detail
from bot.library.drafting.markdown.nodes import DraftedDo, Fork, Mark, Node, every
from bot.library.drafting.markdown.pieces import (
    Fence,
    Grid,
    Heading,
    Item,
    Link,
    Listing,
    Paragraph,
    Piece,
    Written,
    plain_words,
)
from bot.library.drafting.markdown.words import (
    capital,
    number_of,
    purpose_of,
    read_use,
    reads_like_english,
    sentences_of,
    slug,
    without_number,
    without_purpose,
)


@dataclass(slots=True)
class Outline:
    """A runbook as the Markdown tells it. `left` is what found no place, as (heading, text)."""

    title: str = ""
    objective: str = ""
    enter_when: list[str] = field(default_factory=list)
    not_for: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    way_back: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    marks: dict[Mark, Node] = field(default_factory=dict)
    foreign: bool = False
    """The page does not read like English, so only its shape and its commands were recognised."""
    headings: dict[str, list[str]] = field(default_factory=dict)
    """Key of the draft -> the headings under which the page says it."""
    is_impact: bool = False
    """The objective is what the page says of the impact: once it is done, that is over."""
    details: tuple[int, int] = (0, 0)
    """How many items of its lists only explain, and how many there are."""


@dataclass(slots=True)
class _Section:
    level: int
    heading: str
    pieces: list[Piece] = field(default_factory=list)


def outline_of(written: Written, *, is_english: bool = True) -> Outline:
    """The outline of a file, whatever its headings are. Whether it reads like English is seen, unless it is known."""
    sections = list(_sections(written.pieces))
    outline = Outline(title=written.title, links=written.links)
    outline.foreign = not (is_english and reads_like_english(_prose(written.pieces)))
    items = [item for section in sections for item in _bullets(section.pieces) if not _is_aside(section)]
    outline.details = (sum(map(is_detail, items)), len(items))
    if written.front:
        outline.left.append(("the front matter", written.front))
    outline.left += [("a comment in the page", one) for one in written.comments]
    highest = min((one.level for one in sections if one.heading), default=1)
    firsts = [one for one in sections if one.heading and one.level == highest]
    above = len(firsts) == 1 and any(one.level > highest for one in sections) and firsts[0] is sections[0]
    if firsts and ((highest == 1 and (len(firsts) == 1 or firsts[0] is sections[0])) or above):
        outline.title = outline.title or firsts[0].heading
        firsts[0].heading = ""
    top = min((one.level for one in sections if one.heading), default=1)
    purpose, phase, phase_title = "steps", "", ""
    for section, below in zip(sections, [*sections, None][1:], strict=True):
        if section.heading and not section.pieces and (below is None or below.level <= section.level):
            outline.left.append(("", section.heading))
        own = purpose_of(section.heading) if section.heading else "steps"
        if section.level <= top:
            purpose, phase, phase_title = own, slug(without_number(section.heading)), section.heading
        _place(outline, section, own if own != "steps" else purpose, phase)
        if section.level <= top and phase_title:
            _mark_section(outline, phase)
    _settle_impact(outline, [one for one in sections if purpose_of(one.heading) == "impact"])
    return outline


def _settle_impact(outline: Outline, sections: list[_Section]) -> None:
    """What the page says of the impact is the objective where it says none; else it is kept beside."""
    said = [line for section in sections for line in _lines(section.pieces)]
    if said and not outline.objective:
        ended = (f"{line.rstrip('.')}." for line in said)
        outline.objective, outline.is_impact = f"This is over: {' '.join(ended)}", True
        outline.headings["objective"] = [section.heading for section in sections]
        return
    for section in sections:
        _keep(outline, section, section.pieces)


def _prose(pieces: tuple[Piece, ...]) -> str:
    """What is said in sentences, without commands."""
    found: list[str] = []
    for piece in pieces:
        if isinstance(piece, Paragraph):
            found.append(piece.text)
        elif isinstance(piece, Listing):
            found += [_prose(item.parts) for item in piece.items]
    return "\n".join(found)


def _bullets(pieces: list[Piece]) -> Iterator[Item]:
    for piece in pieces:
        if isinstance(piece, Listing):
            yield from piece.items


def _is_aside(section: _Section) -> bool:
    return bool(section.heading) and purpose_of(section.heading) != "steps"


def _sections(pieces: tuple[Piece, ...]) -> Iterator[_Section]:
    here = _Section(0, "")
    for piece in pieces:
        if isinstance(piece, Heading):
            if here.heading or here.pieces:
                yield here
            here = _Section(piece.level, piece.text)
        else:
            here.pieces.append(piece)
    if here.heading or here.pieces:
        yield here


def _mark_section(outline: Outline, phase: str) -> None:
    first = next((node for node in [*outline.nodes, *outline.way_back] if node.phase == phase), None)
    if first is not None:
        outline.marks.setdefault(phase, first)


def _place(outline: Outline, section: _Section, purpose: str, phase: str) -> None:
    """Put a section where it belongs; what belongs nowhere is kept as a comment."""
    match purpose:
        case "objective" if not outline.objective and _opens_with_words(section):
            outline.objective = without_purpose(_words(section.pieces[0]))
            outline.headings.setdefault("objective", []).append(section.heading)
            _keep(outline, section, section.pieces[1:])
        case "impact":
            return  # once all sections are read
        case "enter_when" if not any(map(_holds_code, section.pieces)):
            for line in _lines(section.pieces):
                use = read_use(line)
                (outline.enter_when if use is None or use[0] else outline.not_for).append(line)
            outline.headings.setdefault("enter_when", []).append(section.heading)
        case "not_for":
            outline.not_for += _lines(section.pieces)
            outline.headings.setdefault("not_for", []).append(section.heading)
        case "failure" if not _has_commands(section):
            outline.failures += _lines(section.pieces)
            outline.headings.setdefault("failure_modes", []).append(section.heading)
        case "objective" | "references" | "people" | "history" | "kept":
            _keep(outline, section, section.pieces)
        case "rollback":
            outline.way_back += _steps(outline, section, phase)
        case _ if not section.heading and not outline.nodes and _is_told_in_a_table(section):
            _keep(outline, section, section.pieces)
        case _ if not section.heading and not outline.nodes and not _holds_work(section):
            _introduce(outline, section, section.pieces)
        case _ if not section.heading and not outline.nodes and _says_what_for(section.pieces[0]):
            _introduce(outline, section, section.pieces[:1])
            section.pieces = section.pieces[1:]
            outline.nodes += _steps(outline, section, phase)
        case _:
            outline.nodes += _steps(outline, section, phase)


def _opens_with_words(section: _Section) -> bool:
    return bool(section.pieces) and isinstance(section.pieces[0], Paragraph)


def _words(piece: Piece) -> str:
    return " ".join(plain_words((piece,)).split())


def _lines(pieces: list[Piece]) -> list[str]:
    """Each item or paragraph as one line."""
    found: list[str] = []
    for piece in pieces:
        items = [plain_words(item.parts) for item in piece.items] if isinstance(piece, Listing) else [_words(piece)]
        found += [" ".join(item.split()) for item in items if item.strip()]
    return found


def _is_told_in_a_table(section: _Section) -> bool:
    """Whether a page begins with a table of what it is about, without names over its columns."""
    return all(isinstance(piece, Grid) and not any(piece.head) for piece in section.pieces)


def _holds_work(section: _Section) -> bool:
    return any(not isinstance(piece, Paragraph) for piece in section.pieces)


def _has_commands(section: _Section) -> bool:
    """Whether something is run there: then it is work, whatever stands over it."""
    return any(_runs_something(piece) for piece in section.pieces)


def _holds_code(piece: Piece) -> bool:
    """Whether a block of code to run stands in it."""
    match piece:
        case Fence(language=language):
            return is_command(language)
        case Listing(items=items):
            return any(_holds_code(part) for item in items for part in item.parts)
        case _:
            return False


def _runs_something(piece: Piece) -> bool:
    match piece:
        case Fence(language=language):
            return is_command(language)
        case Listing(items=items):
            return any(_runs_something(part) for item in items for part in item.parts)
        case Paragraph(codes=codes):
            return any(" " in code for code in codes)
        case _:
            return False


def _says_what_for(piece: Piece) -> bool:
    """Whether a paragraph says when the page is for use."""
    return isinstance(piece, Paragraph) and any(map(read_use, sentences_of(_words(piece))))


def _introduce(outline: Outline, section: _Section, pieces: list[Piece]) -> None:
    """Text before the first section: what the file is about, and when it is for use."""
    if not _opens_with_words(section):
        _keep(outline, section, pieces)
        return
    about: list[str] = []
    for sentence in sentences_of(_words(pieces[0])):
        if use := read_use(sentence):
            (outline.enter_when if use[0] else outline.not_for).append(capital(use[1]))
        else:
            about.append(sentence)
    if about and not outline.objective:
        outline.objective = without_purpose(" ".join(about))
    elif about:
        _keep(outline, section, pieces[:1])
    _keep(outline, section, pieces[1:])


def _keep(outline: Outline, section: _Section, pieces: list[Piece]) -> None:
    words = plain_words(tuple(pieces)).strip()
    if words:
        outline.left.append((section.heading, words))


def _steps(outline: Outline, section: _Section, phase: str) -> list[Node]:
    """The steps of a section. A heading that is a step itself becomes the title of what stands under it."""
    heading = without_number(section.heading)
    listed = any(isinstance(piece, Listing) for piece in section.pieces)
    if section.heading and not listed and section.pieces and number_of(section.heading) is not None:
        item = Item((Paragraph(heading), *section.pieces))
        made = _without_bare_first(Gathering(outline.marks, heading).take([Listing(ordered=True, items=(item,))]))
    else:
        made = Gathering(outline.marks, heading, all_steps=outline.foreign).take(section.pieces)
        _name_by_heading(made, "" if listed else heading)
    for node in every(made):
        node.phase = phase
    if made and section.heading:
        made[0].notes.insert(0, f"from “{section.heading}”")
        outline.marks.setdefault((0, number_of(section.heading) or 0), made[0])
    return made


def _without_bare_first(made: list[Node]) -> list[Node]:
    """A heading under which only a choice stands is no step of its own."""
    first = made[0] if len(made) > 1 else None
    bare = isinstance(first, DraftedDo) and first.command is None and not first.say and not first.caution
    return made[1:] if bare and isinstance(made[1], Fork) else made


def _name_by_heading(made: list[Node], heading: str) -> None:
    """A section with one command is named by its heading; what it was called before is said."""
    deed = made[0] if len(made) == 1 else None
    if heading and isinstance(deed, DraftedDo) and deed.command is not None and deed.title != heading:
        deed.say[:0] = [] if deed.title.endswith("…") else [deed.title]
        deed.title = heading[:TITLE]
        deed.notes = [note for note in deed.notes if "a title for this command" not in note]
