"""What looks like a secret in a text, and goes out of it: by the line, and by the value alone.

Tokens that show by themselves are known by detect-secrets; what shows only by what stands before it is known here.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol


class Detector(Protocol):
    """What finds tokens of one kind in a line."""

    def analyze_string(self, string: str) -> Iterator[str]:
        """The tokens, as they stand there."""


LEFT_OUT = "$TODO_SECRET"
"""Stands where a secret was: the draft never carries one on."""
_LONGEST_LINE = 20_000
"""Of a longer line every word of twelve signs and more goes: nobody reads it, and patterns would take for ever."""
_MOST_LOOKS = 20
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")
_KEY_LINE = re.compile(r"[ >|\"'\\nA-Za-z0-9+/=:,-]*")
_TOKENS = (
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", re.IGNORECASE),
    re.compile(r"\b(?:xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-|sk_live_|rk_live_|hv[sbr]\.|dop_v1_|shp[a-z]{2}_)[\w-]{8,}"),
    re.compile(r"(?<![\w.])[sbr]\.[A-Za-z0-9]{14,}\b"),
    re.compile(r"\bAIza[\w-]{20,}"),
    re.compile(r"\beyJ[\w-]{10,400}\.[\w-]{10,}\.[\w-]*"),
    re.compile(r"(?<=hooks\.slack\.com/services/)[\w/-]{8,}", re.IGNORECASE),
)  # fmt: skip
"""Shapes that detect-secrets lacks, or wants longer than people write them."""
_NAMES = r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
_NOT = r"(?![-/@.$<({‹]|file:|env:|(?:true|false|none|null|yes|no)\b)"
_VALUE = rf"{_NOT}(?:(?<=[\"'])[^\"'\n]{{3,}}|[^\s\"'`,;|&<>]{{3,}})"
_ASSIGNED = re.compile(
    rf"(?P<before>(?:{_NAMES})[\"']?[ \t]{{0,3}}=[ \t]{{0,3}}[\"']?)(?P<value>{_VALUE})", re.IGNORECASE
)
_COLON = re.compile(
    rf"(?P<before>(?<![A-Za-z])(?P<name>[A-Za-z_-]{{0,40}}(?:{_NAMES}))[\"']?:(?P<gap>[ \t]*)(?P<mark>[\"'`]?))"
    rf"(?P<value>{_VALUE})(?P<behind>[\"'`]?.{{0,40}})",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?P<before>\b(?:(?:proxy-)?authorization:\s*(?:(?:bearer|basic|token|digest|apikey)\s+)?|"
    r"x-[a-z-]{0,30}(?:token|key|secret|password|auth):\s*|private-token:\s*|cookie:\s*))"
    r"(?P<value>(?!(?:bearer|basic|token|digest|apikey)\s)[^\s\"'`$<{‹][^\s\"'`]{2,})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<before>\bbearer\s+)(?P<value>[A-Za-z0-9._~+/-]{16,}=*)", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,100}:)(?P<value>[^\s@/$<{‹]{1,200})(?=@)", re.IGNORECASE
)
_BARE = r"(?P<value>(?!(?:pass|env|file):)[\"']?[^\s\"'$<{‹-][^\s\"']{2,200}[\"']?)"
_AFTER_A_FLAG = (
    re.compile(
        r"(?P<before>(?<![\w-])--?(?:pass(?:word|wd|phrase)?|secret|token|api-?key|auth)"
        r"(?![A-Za-z0-9_-]{0,30}(?:file|path|stdin|command|env))"
        rf"[A-Za-z0-9_-]{{0,30}}[ \t]{{1,5}}){_BARE}",
        re.IGNORECASE,
    ),
    re.compile(rf"(?P<before>\bredis-cli\b[^\n|;&]{{0,200}}?\s-a[ \t]{{1,5}}){_BARE}"),
    re.compile(rf"(?P<before>\bsshpass[ \t]{{1,5}}-p[ \t]{{0,5}}){_BARE}"),
    re.compile(rf"(?P<before>\b(?:mysql|mariadb)[a-z-]{{0,20}}\b[^\n|;&]{{0,200}}?\s-p){_BARE}"),
    re.compile(
        r"(?P<before>\b(?:docker|podman|helm|oc|az|skopeo|buildah|nerdctl)[^\n|;&]{0,60}?\blogin\b[^\n|;&]{0,200}?"
        rf"\s-p[ \t]{{0,5}}){_BARE}"
    ),
    re.compile(rf"(?P<before>\bvault[ \t]+(?:login|unseal|operator[ \t]+unseal)[ \t]+){_BARE}"),
    re.compile(rf"(?P<before>\bcurl\b[^\n|;&]{{0,200}}?\s(?:-u|--user)[ \t]{{1,5}}[\"']?[^\s:\"']{{1,100}}:){_BARE}"),
    re.compile(rf"(?P<before>\bpass:){_BARE}"),
)  # fmt: skip
"""Secrets that stand in a word of their own behind a flag, or close to it, as these programs want them."""
_SPOKEN = re.compile(
    r"(?P<before>\b(?P<word>password|passphrase|passcode|token|secret|api key|pin)\b"
    r"(?:[ \t]+(?:for|of|on|to)[ \t][^.:;,\n]{1,40}?(?=[ \t]+(?:is|was)\b|[ \t]?[:=]))?"
    r"(?:[ \t]+(?:is|was|to|=|:)|:)?[ \t]*(?P<mark>[`\"'“]?))(?P<value>[^\s`\"'“”,;]{4,})(?=[`\"'”]|[\s.,;]|\Z)",
    re.IGNORECASE,
)
_LOOKS_MADE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])|[a-z][A-Z]|[!#%^*+~]")
"""A word that nobody would write as one: digits among letters, a capital inside, odd signs."""


_NAME_OF_ONE = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)+")
"""How things are called in clusters: a name of a secret is none."""


def without_secrets(text: str, *, spoken: bool = False) -> tuple[str, bool]:
    """The text with what looks like a secret left out, and whether there was any. Nothing else of it changes.

    `spoken` text is prose, in which a password is also one by the word in front of it. Each line is looked at by
    itself; only a private key in PEM spans some, and goes as far as it does.
    """
    lines = text.split("\n")
    kept = "\n".join(_without(line, spoken=spoken) for line in _without_keys(lines))
    return kept, LEFT_OUT in kept


def holds_a_secret(line: str) -> bool:
    """Whether a line shows one by the shapes that are known here; what detect-secrets adds is not asked."""
    return _KEY_BEGINS.search(line) is not None or _look(line, spoken=False, known=()) != line


def _without_keys(lines: list[str]) -> Iterator[str]:
    """Private keys in PEM: from the line that begins one to the line that ends it, while it looks like one."""
    inside = False
    for line in lines:
        begins, ends = _KEY_BEGINS.search(line), _KEY_ENDS.search(line)
        if begins is not None:
            yield line[: begins.start()] + LEFT_OUT + (line[ends.end() :] if ends is not None else "")
            inside = ends is None
        elif inside and (ends is not None or _KEY_LINE.fullmatch(line)):
            inside = ends is None
        else:
            inside = False
            yield line


def _without(line: str, *, spoken: bool) -> str:
    if len(line) > _LONGEST_LINE:
        return re.sub(r"[\w+/=.-]{12,}", LEFT_OUT, line)
    for _ in range(_MOST_LOOKS):  # a pattern finds one in a command, and there may be more
        before, line = line, _look(line, spoken=spoken, known=_detectors())
        if before == line:
            break
    return line


def _look(line: str, *, spoken: bool, known: Iterable[Detector]) -> str:
    kept = line
    for shape in _TOKENS:
        kept = shape.sub(LEFT_OUT, kept)
    for token in [found for detector in known for found in detector.analyze_string(kept)]:
        kept = kept.replace(token, LEFT_OUT)
    for given in (*_AFTER_A_FLAG, _HEADER, _BEARER, _ASSIGNED, _IN_ADDRESS):
        kept = given.sub(_left_out, kept)
    kept = _COLON.sub(_if_a_value, kept)
    return _SPOKEN.sub(_if_made, kept) if spoken else kept


def _left_out(given: re.Match[str]) -> str:
    return given[0] if given["value"].startswith(LEFT_OUT) else f"{given['before']}{LEFT_OUT}{_behind(given)}"


def _behind(given: re.Match[str]) -> str:
    """What the pattern read beyond the value."""
    return given[0][given.end("value") - given.start() :]


def _if_a_value(given: re.Match[str]) -> str:
    """Behind a colon stands a secret, or a sentence about one; the colon stays in any case."""
    more = given["behind"].lstrip("\"'`").strip()
    alone = bool(given["gap"] or given["mark"]) and (not more or more[0] in ".;)}" or bool(given["mark"]))
    if given["value"].startswith(LEFT_OUT) or not (alone or _LOOKS_MADE.search(given["value"])):
        return given[0]
    return f"{given['before']}{LEFT_OUT}{given['behind']}"


def _if_made(given: re.Match[str]) -> str:
    value = given["value"]
    named = given["word"].lower() in ("token", "secret") and _NAME_OF_ONE.fullmatch(value)
    made = _LOOKS_MADE.search(value) and not named and not value.startswith(LEFT_OUT)
    return f"{given['before']}{LEFT_OUT}{_behind(given)}" if made else given[0]


@lru_cache(maxsize=1)
def _detectors() -> tuple[Detector, ...]:
    """Imported when a page is brought in: it takes a third of a second, and `serve` never needs it."""
    from detect_secrets.plugins import (  # noqa: PLC0415  (see above)
        aws,
        discord,
        github_token,
        gitlab_token,
        mailchimp,
        npm,
        openai,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )

    return (
        aws.AWSKeyDetector(), discord.DiscordBotTokenDetector(), github_token.GitHubTokenDetector(),
        gitlab_token.GitLabTokenDetector(), mailchimp.MailchimpDetector(), npm.NpmDetector(), openai.OpenAIDetector(),
        pypi_token.PypiTokenDetector(), sendgrid.SendGridDetector(), slack.SlackDetector(),
        square_oauth.SquareOAuthDetector(), stripe.StripeDetector(), telegram_token.TelegramBotTokenDetector(),
        twilio.TwilioKeyDetector(),
    )  # fmt: skip
