"""What words in a runbook of prose most likely mean: conditions, jumps, warnings, and what a section is for."""

import re
import unicodedata
from dataclasses import dataclass

from bot.library.reading.build import read_plain
from bot.library.wording import VERBS

_CONDITION = re.compile(
    r"(?:(?:only )?(?:if|in case)|only when|should)\s+"
    r"(?P<when>.{2,400}?)(?:\s*,\s*then\s+|\s+then\s+|\s*,\s*|\s*:\s*|\s+[–—]\s+)(?P<then>.*)",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = re.compile(
    r"[.;,]?\s*\b(?:otherwise|or else|else|if not)\b\s*[,:]?\s*(?P<other>\S.*)", re.IGNORECASE | re.DOTALL
)
_WHOLE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|“[^”]*”|‘[^’]*’|`[^`]*`|\w+://\S+")
"""What is read as one word."""
_AS_ONE_LIKES = re.compile(
    r"(?:it is |that is |this is )?(?:needed|necessary|required|desired|appropriate|you like)", re.IGNORECASE
)
_USE = re.compile(
    r"(?:(?P<no>not(?: for use)?|do not use(?: this| it)?|don't use(?: this| it)?)"
    r"|use(?: this| it)?(?: runbook| page)?)\s+(?:when|if|for)\s+(?P<when>.+)",
    re.IGNORECASE | re.DOTALL,
)
_ROLE = r"[A-Za-z][\w -]{1,39}?"
_ASKS_TO_SIGN = re.compile(
    r"(?:(?:(?:get|ask for|obtain|wait for)\s+(?:an?\s+|the\s+)?)?"
    r"(?:sign-?off|approval|permission)\s+(?:by|from|of)\s+"
    r"|approved\s+by\s+|with\s+(?=[^,.]{2,40}['’]s\s+(?:ok|approval|sign-?off)\b))(?:the\s+|an?\s+)?"
    rf"(?P<who>{_ROLE})(?:['’]s\s+(?:ok|approval|sign-?off))?"
    r"\s*(?:[,;:.]\s*(?:and\s+)?(?:then\s+)?(?P<then>.*)|\Z)"
    rf"|(?:the\s+|an?\s+)?(?P<whom>{_ROLE})\s+(?:approves|signs(?:\s+off)?|accepts)\b"
    r"\s*(?:[.,;]\s*(?P<rest>.*)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_SMALL_WORDS = frozenset({
    "the", "a", "an", "and", "to", "of", "is", "are", "in", "if", "for", "on", "with", "it", "then", "not", "be",
    "this", "that", "or", "from", "by", "as", "at",
})  # fmt: skip
_FEW_WORDS = 30
_SHARE = 0.1
_OUTPUT = re.compile(
    r"\b(?:outputs?|returns?|prints?|looks? (?:something )?like|similar to"
    r"|(?:should|will) (?:see|show|be|look|say|return|print)|(?:expected|example) (?:result|response|answer))\b",
    re.IGNORECASE,
)
_RUNS = re.compile(r"\W*(?:run|execute|type|issue|use|enter|call)\b", re.IGNORECASE)
_JUMP = re.compile(
    r"(?:please\s+)?(?:go|skip|jump|return|proceed|continue|move)\s+(?:back\s+|on\s+|ahead\s+|straight\s+)?"
    r"(?:to|with|at)\s+"
    r"(?:step\s+(?P<number>\d{1,3})|(?:the\s+)?(?:section\s+|part\s+)?(?P<name>.{2,80}?)(?:\s+section)?)\s*[.!]?",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"(?:[:;,.](?:\s+and)?|\s+and)\s+(?=(?:go|skip|jump|return|proceed|continue|move)\b)", re.IGNORECASE
)
_INSTEAD = re.compile(r"(?:otherwise|or else|else|if not)\b\s*[,:]?\s*", re.IGNORECASE)
_FIRST = re.compile(r"(?:then|first|next|now|finally|afterwards|after that),?\s+(?=(?P<verb>[a-z’'-]+))", re.IGNORECASE)
_ABOUT = re.compile(r"(?:purpose|goal|objective|summary)\s*[:–—-]\s*", re.IGNORECASE)
_GO_ON = re.compile(r"(?:just\s+)?(?:go on|continue|proceed|carry on|move on|do nothing)[.!]?", re.IGNORECASE)
_WARNING = re.compile(r"\W*(?:caution|warning|danger|important|attention|beware)\b\W*", re.IGNORECASE)
_NOTE = re.compile(r"(?:\W*(?:note|tip|info)\b\s*[:–—-]\s*|\[!(?:NOTE|TIP)\]\s*)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:step|phase|part)?\s*\d{1,3}(?:\.\d{1,3})*\s*[.:)–—-]*\s+|(?:step|phase|part)\s+\w{1,8}\s*[:–—-]\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(.{3,150}?[.!?:])(?:\s+|$)", re.DOTALL)
_KEPT = re.compile(
    r"\W*(?:severity|background|(?:additional )?(?:notes?|information)|pre-?requisites?|requirements|context"
    r"|before you begin|testing|tests|caveats|limitations|metrics|dashboards?|further information|glossary)\W*",
    re.IGNORECASE,
)
"""Headings over what one knows, not over what one does."""
_IMPACT = re.compile(r"\W*(?:(?:user|business|customer|expected|full|potential)\s+)?impacts?\W*", re.IGNORECASE)
_PURPOSES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (purpose, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for purpose, words in (
        ("not_for", r"when not to|not for|do not use|out of scope|not applicable"),
        (
            "enter_when",
            (
                r"meaning|symptoms?|when to (?:use|run)|triggers?|alerts?|detection|signs|indicators"
                r"|how (?:you|to) (?:know|detect|notice|recogni[sz]e)"
            ),
        ),
        ("rollback", r"roll(?:ing)?[ -]?back|undo|revert|back[ -]?out|abort"),
        ("failure", r"troubleshooting|known issues|failure modes|what can go wrong|common problems|pitfalls|risks"),
        ("references", r"references?|links|see also|further reading|documentation|related"),
        ("people", r"contacts?|escalation|owners?|on[ -]?call|who to call|responsibilit\w+"),
        ("history", r"change ?log|revision history|version history|table of contents|contents|toc|document history"),
        ("objective", r"goals?|purpose|objectives?|overview|summary|introduction|background|description|about|scope"),
    )
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What an “if … then …” line says."""

    when: str
    then: str
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a line sends people: the number of an item, or the slug of a section."""

    number: int = 0
    name: str = ""


def read_condition(text: str) -> Condition | None:
    """The parts of an “if … then …” line; None when it is none. It is not cut inside brackets, quotes and addresses."""
    line = text.strip()
    hidden = _WHOLE.sub(lambda whole: "\x01" * len(whole[0]), line)
    found = _CONDITION.fullmatch(hidden)
    if found is None:
        return None
    at, end, other = found.start("then"), len(line), ""
    split = _OTHERWISE.search(hidden, at)
    if split is not None:
        end, other = split.start(), line[split.start("other") :].strip()
    return Condition(line[found.start("when") : found.end("when")].strip(), line[at:end].strip(), other)


def is_optional(condition: Condition) -> bool:
    """Whether an “if” says no more than that one may leave it."""
    return _AS_ONE_LIKES.fullmatch(condition.when) is not None


def leads_to_output(text: str) -> bool:
    """Whether what stands behind this line is what one should see, and nothing to run."""
    return _OUTPUT.search(text) is not None and _RUNS.match(text) is None


def read_otherwise(text: str) -> str:
    """What an “otherwise …” line asks for; empty when it is none."""
    found = _INSTEAD.match(text)
    return text[found.end() :].strip() if found else ""


def read_jump(text: str) -> tuple[str, Jump | None]:
    """What a line asks for, and where it then sends people, if it does; the former is empty when it only sends."""
    *before, last = _PARTS.split(text.strip())
    found = _JUMP.fullmatch(last)
    if found is None:
        return ("" if _GO_ON.fullmatch(text.strip()) else text), None
    jump = Jump(number=int(found["number"])) if found["number"] else Jump(name=slug(found["name"].strip("\"'“”‘’")))
    return ". ".join(part for part in before if part), jump


def read_warning(text: str) -> str:
    """What a caution says, without the word in front; empty when it is none."""
    found = _WARNING.match(text)
    return text[found.end() :].strip() if found else ""


def without_note(text: str) -> str:
    """A remark without “Note:” in front."""
    found = _NOTE.match(text)
    return text[found.end() :].strip() if found else text


def without_number(text: str) -> str:
    """A heading without “Step 3:” in front, as far as something is left."""
    found = _NUMBER.match(text)
    return text[found.end() :].strip() or text if found else text


def without_order(text: str) -> str:
    """A step without “Step 3:” or “then” in front: the file says the order."""
    bare = text if number_of(text) is None else without_number(text)
    found = _FIRST.match(bare)
    return capital(bare[found.end() :]) if found and found["verb"].lower() in VERBS else bare


def begins_with_verb(text: str) -> bool:
    """Whether a sentence tells somebody to do something."""
    found = re.match(r"[A-Za-z’'-]+", text.strip())
    return found is not None and found[0].lower() in VERBS


def without_purpose(text: str) -> str:
    """An objective without “Purpose:” in front."""
    found = _ABOUT.match(text)
    return capital(text[found.end() :].strip()) if found else text


def number_of(heading: str) -> int | None:
    """The number of a heading that is itself a step, such as “Step 3: Restore”; 0 when it counts in words."""
    found = _NUMBER.match(heading)
    if found is None:
        return None
    digits = re.search(r"\d+", found[0])
    return int(digits[0]) if digits else 0


def purpose_of(heading: str) -> str:
    """What a section is for: one of the purposes, or ``steps``."""
    if _KEPT.fullmatch(heading):
        return "kept"
    if _IMPACT.fullmatch(heading):
        return "impact"
    return next((purpose for purpose, words in _PURPOSES if words.search(heading)), "steps")


def read_sign_off(text: str) -> tuple[str, str] | None:
    """Who is asked to sign, and what is done after that; None when nobody is."""
    found = _ASKS_TO_SIGN.fullmatch(text.strip())
    return None if found is None else (found["who"] or found["whom"], (found["then"] or found["rest"] or "").strip())


def reads_like_english(text: str) -> bool:
    """Whether the small words of English are there; a text of few words is taken to be."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) < _FEW_WORDS or sum(word in _SMALL_WORDS for word in words) >= len(words) * _SHARE


def sentences_of(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return [one.strip() for one in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text) if one.strip()]


def read_use(sentence: str) -> tuple[bool, str] | None:
    """Whether a sentence says when a page is for use, or when not, and the rest of it; None when it says neither."""
    found = _USE.fullmatch(sentence)
    return None if found is None else (found["no"] is None, found["when"].strip())


def first_sentence(text: str, limit: int) -> tuple[str, str]:
    """A title of at most `limit` characters, and what is left of the text."""
    line = " ".join(text.split())
    found = _SENTENCE.match(line)
    first = found[1] if found and len(found[1]) <= limit else line
    rest = line[len(first) :].strip()
    if len(first) > limit:
        cut = first[: limit - 1].rsplit(" ", 1)[0][: limit - 1]
        return f"{cut}…", line
    return first.rstrip(".: ") or first, rest


def slug(text: str, most: int = 40) -> str:
    """A text as an id: small letters, digits and underscores, and nothing that YAML reads as a number or as true."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", bare)[: most + 20].strip("_")[:most].strip("_")
    return made if not made or (read_plain(made) == (made, None) and made[0].isalpha()) else f"s_{made}"


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
