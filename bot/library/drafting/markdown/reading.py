"""Reads CommonMark, with tables and task lists, into pieces. Size and depth are bounded."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.library.drafting.markdown.pieces import (
    Fence,
    Grid,
    Heading,
    Item,
    Link,
    Listing,
    Paragraph,
    Piece,
    Quote,
    Written,
)
from bot.library.drafting.scribe import clean
from bot.library.secrets import without_secrets

MOST_BYTES = 262_144
"""A runbook of more is no runbook; the worst of this size (one huge table) takes about four seconds on two cores."""
_DEEPEST = 30
_LONGEST_INLINE = 20_000
"""Inline markup of a longer paragraph stays as it is written: reading it can take time that grows with its square."""
_FRONT = re.compile(r"---[ \t]*\n(.{0,5000}?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?([^\n]*?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,500}>")
_OF_HTML = re.compile(
    r"<(?:!|\?|/?(?:a|abbr|b|big|br|center|cite|code|del|details|div|em|font|hr|i|img|input|ins|kbd|label|li|mark|ol|p|pre|q|s|"
    r"samp|small|span|strike|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul|var|wbr)\b)",
    re.IGNORECASE,
)
"""Markup; whatever else stands in pointed brackets is to be filled in."""
_MARKUP = re.compile(r"[`*_\[\]<>\\!&\n]")
_BOX = re.compile(r"\[([ xX])\][ \t]+")


class NoMarkdown(ValueError):
    """The bytes cannot be read as Markdown; the message says why and what to do."""


def read_markdown(data: bytes) -> Written:
    """The pieces of a file; NoMarkdown when it is too big or no text."""
    if len(data) > MOST_BYTES:
        reason = f"It has {len(data):,} bytes, and at most {MOST_BYTES:,} are read. Split it: one procedure, one file."
        raise NoMarkdown(reason)
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as wrong:
        reason = f"It is not text in UTF-8: the byte {data[wrong.start]:#04x} does not belong there. Save it as UTF-8."
        raise NoMarkdown(reason) from None
    if "\x00" in text:
        reason = "It holds NUL bytes, so it is not text. Name a Markdown file."
        raise NoMarkdown(reason)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    found = _FRONT_TITLE.search(front[1]) if front else None
    written = _Reader().read(text[front.end() :] if front else text, _kept(clean(found[1])) if found else "")
    written.front = _kept(clean(_FRONT_TITLE.sub("", front[1], count=1)).strip()) if front else ""
    return written


class _Reader:
    """Turns the parser's flat tokens into pieces."""

    def __init__(self) -> None:
        self.parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
        self.parser.core.ruler.disable(["inline"])
        self.inline = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
        self.links: list[Link] = []
        self.comments: list[str] = []
        self.references: dict[str, object] = {}
        """Where links with a name lead to, which the page may say anywhere."""
        self.tokens: list[Token] = []
        self.at = 0

    def read(self, text: str, title: str) -> Written:
        self.tokens, self.at = self.parser.parse(text, self.references), 0
        pieces = tuple(self._pieces(""))
        return Written(pieces, list(dict.fromkeys(self.links)), title, self.comments)

    def _pieces(self, until: str) -> Iterator[Piece]:
        """The pieces up to a closing token."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == until:
                return
            yield from self._piece(token)

    def _piece(self, token: Token) -> Iterator[Piece]:
        match token.type:
            case "heading_open":
                text = self._paragraph("heading_close").text
                yield Heading(int(token.tag[1:]), " ".join(text.split()))
            case "paragraph_open":
                found = self._paragraph("paragraph_close")
                if found.text:
                    yield found
            case "fence" | "code_block":
                language = token.info.strip().split(" ")[0].lower()
                if code := clean(token.content):
                    yield Fence(without_secrets(code)[0], language)
            case "blockquote_open":
                yield Quote(tuple(self._pieces("blockquote_close")))
            case "bullet_list_open" | "ordered_list_open":
                yield self._listing(token)
            case "table_open":
                yield self._grid()
            case "html_block":
                shown, hidden = _comments_apart(token.content)
                self.comments += hidden
                if words := clean(_TAG.sub("", shown)).strip():
                    yield Paragraph(_kept(" ".join(words.split())))
            case _:
                return

    def _paragraph(self, until: str) -> Paragraph:
        """The text of an inline token, up to the closing token of what holds it."""
        text, codes = "", tuple[str, ...]()
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == until:
                break
            if token.type == "inline":
                text, codes = self._words(token.content)
        return Paragraph(text, codes)

    def _words(self, content: str) -> tuple[str, tuple[str, ...]]:
        if len(content) > _LONGEST_INLINE:
            return _kept(clean(content)), ()
        if not _MARKUP.search(content):
            return _kept(clean(content).strip()), ()
        said: list[str] = []
        codes: list[str] = []
        leads, begins = "", 0
        for token in self.inline.parseInline(content, self.references)[0].children or ():
            match token.type:
                case "text":
                    said.append(token.content)
                case "code_inline":
                    codes.append(token.content.strip())
                    said.append(token.content)
                case "softbreak":
                    said.append(" ")
                case "hardbreak":
                    said.append("\n")
                case "link_open":
                    leads, begins = str(token.attrGet("href") or ""), len(said)
                case "link_close":
                    self.links.append(Link(" ".join("".join(said[begins:]).split()), leads))
                case "html_inline" if token.content.startswith("<!--"):
                    self.comments += _comments_apart(token.content)[1]
                case "html_inline" if not _OF_HTML.match(token.content):
                    said.append(token.content)
                case "image":
                    said.append(token.content)
                    self.links.append(Link(token.content, str(token.attrGet("src") or "")))
        words = _kept(clean("".join(said)).strip())
        safe = (without_secrets(code)[0] for code in codes if code)
        return words, tuple(code for code in safe if code in words)

    def _listing(self, opened: Token) -> Listing:
        items = []
        closing = opened.type.replace("open", "close")
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == closing:
                break
            if token.type == "list_item_open":
                items.append(_ticked(tuple(self._pieces("list_item_close"))))
        return Listing(opened.type.startswith("ordered"), tuple(items))

    def _grid(self) -> Grid:
        rows: list[list[str]] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(" ".join(self._words(token.content)[0].split()))
        return Grid(tuple(rows[0]) if rows else (), tuple(tuple(row) for row in rows[1:]))


def _kept(words: str) -> str:
    """Prose without its secrets, before anything cuts it into titles and remarks."""
    return without_secrets(words, spoken=True)[0]


def _comments_apart(html: str) -> tuple[str, list[str]]:
    """HTML without its comments, and what they say, in time that grows with its length."""
    kept, hidden = list[str](), list[str]()
    while "<!--" in html:
        before, _, after = html.partition("<!--")
        kept.append(before)
        said, _, html = after.partition("-->")
        hidden += [_kept(words)] if (words := clean(said).strip()) else []
    return "".join([*kept, html]), hidden


def _ticked(parts: tuple[Piece, ...]) -> Item:
    """An item of a list; the box of a task list is taken off its text."""
    first = parts[0] if parts else None
    if isinstance(first, Paragraph) and (box := _BOX.match(first.text)):
        return Item((Paragraph(first.text[box.end() :], first.codes), *parts[1:]), box[1] != " ")
    return Item(parts)
