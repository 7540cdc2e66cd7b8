"""What is said in Slack around a run's report: the words above its files, and the report itself where no file goes."""

from collections.abc import Iterator

from bot.render.message import Message, clip, compose, context, escape, foreign, rich, section, span, visible

_PART, _PARTS = 2_700, 3
"""Signs of a block, and blocks of a post: beyond some 13,000 signs Slack takes none."""
MOST_POSTS = 12
"""Beyond these the rest is named, not told: a channel takes one post a second."""


def coming_reply(ref: str, format_: str) -> Message:
    """The report is under way."""
    said = f"The timeline of {foreign(ref, 40)} ({foreign(format_, 20)}) comes to its thread in a moment."
    return compose(f"Writing the timeline of {ref}.", section(said))


def usage_reply(formats: tuple[str, ...], wrong: str = "") -> Message:
    """How it is asked for."""
    lead = f"“{foreign(wrong, 60)}” is not something I can write. " if wrong else ""
    said = f"{lead}Type `/recover timeline ORDERS-7`, and after it one of: {', '.join(formats)}."
    return compose("Name a run and a format.", section(said), context("A time zone may follow, such as Europe/Berlin."))


def comment_of(title: str, outcome: str, command: str, notices: tuple[str, ...] = ()) -> str:
    """The words above the files, as mrkdwn."""
    warned = "".join(f"\n:warning: {foreign(one)}" for one in notices)
    said = f"*{foreign(title, 120)}* – {foreign(outcome, 120)}"
    return (
        f"{said}\nWhat happened, as it was recorded. Open the HTML in a browser. Check it: `{foreign(command)}`{warned}"
    )


def report_posts(ref: str, text: str, link: str = "") -> list[Message]:
    """A report in Markdown as posts, in order; the first says why, the last where the rest is."""
    why = f"The files of {foreign(ref, 40)} could not be shared here, so this is the timeline in words."
    parts = list(_cut(visible(text)))
    groups = [parts[at : at + _PARTS] for at in range(0, len(parts), _PARTS)]
    shown = groups[:MOST_POSTS]
    posts = []
    for number, group in enumerate(shown, 1):
        blocks = [rich({"type": "rich_text_preformatted", "elements": [span(one)]}) for one in group]
        head = section(f"{why}{_linked(link)}") if number == 1 else None
        rest = number == len(shown) and len(groups) > len(shown)
        tail = context(f"There is more: `handrail export {foreign(ref, 40)} --format html`") if rest else None
        posts.append(compose(f"{ref}: the timeline, part {number} of {len(shown)}", head, *blocks, tail))
    return posts


def lost_reply(ref: str, link: str = "") -> Message:
    """Slack takes neither files nor posts: where the report is to be had."""
    said = f"The timeline of {foreign(ref, 40)} could not be put into its thread.{_linked(link)}"
    more = context(f"It is whole all the same: `handrail export {foreign(ref, 40)} --format html --output report.html`")
    return compose(f"The timeline of {ref} could not be shared.", section(said), more)


def _linked(link: str) -> str:
    return f" <{escape(link)}|Read it on its page>." if link else ""


def _cut(text: str) -> Iterator[str]:
    """Text in pieces that Slack takes, cut at the ends of lines."""
    here = ""
    for line in text.splitlines():
        for piece in [line[at : at + _PART] for at in range(0, len(line), _PART)] or [""]:
            if here and len(here) + len(piece) >= _PART:
                yield here
                here = ""
            here += f"{clip(piece, _PART)}\n"
    yield here or "\n"
