"""Text from outside as plain words that no service beyond Slack takes for a mention, a link or markup."""

from bot.render.message import one_line

_HARMLESS = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'", "*": "∗", "\\": "/"})  # noqa: RUF001  (look-alikes on purpose)
_SIMPLE = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "…": "...", "·": "-", "×": "x"})


def plain(text: str, limit: int = 300) -> str:
    """Foreign text as one line without mentions, links and markup, at most `limit` signs."""
    return cut(one_line(text).translate(_HARMLESS).replace("://", ": //"), limit)


def simple(text: str) -> str:
    """Our own typographic signs as plain ones: a single other sign makes a text message cost, and hold, half."""
    return text.translate(_SIMPLE)


def cut(text: str, limit: int) -> str:
    """At most `limit` signs; two dots at the end when something is missing."""
    return text if len(text) <= limit else f"{text[: max(limit - 2, 0)].rstrip()}.."[:limit]
