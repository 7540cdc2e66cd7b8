"""Text as Slack shows it to one reader: mrkdwn, mentions, dates, emoji, and nothing from outside as HTML."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.blocks.text.dates import ago, date_in_words
from bot.workspace.blocks.text.markdown import markdown
from bot.workspace.blocks.text.mrkdwn import mrkdwn, plain_text
from bot.workspace.blocks.text.reader import TextContext

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANA = TextContext(
    "U0ANA",
    NOON,
    ZoneInfo("Europe/Madrid"),
    people={"U0ANA": "Ana", "U0DORA": "Dora <3"},
    channels={"C0INC": "incidents"},
    groups={"S0DBA": "dba"},
    member_of=frozenset({"S0DBA"}),
    home="/as/U0ANA",
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2 * 3 * 4, a_b_c, 5*6*7", "2 * 3 * 4, a_b_c, 5*6*7"),
        ("*a _b* c_", "<b>a _b</b> c_"),
        ("`a *b* <c>`", "<code>a *b* &lt;c&gt;</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n&gt; so\nafter", "<blockquote>said<br>so</blockquote>after"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("<b>x</b> & y", "&lt;b&gt;x&lt;/b&gt; &amp; y"),
        (":warning: :nobody_knows:", '<span class="emoji" title=":warning:">⚠️</span> :nobody_knows:'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<!channel>", '<span class="mention mine">@channel</span>'),
        ("<!subteam^S0DBA>", '<span class="mention mine">@dba</span>'),
        ("<@U0ANA>", '<span class="mention mine">@Ana</span>'),
        ("<@U0DORA>", '<span class="mention">@Dora &lt;3</span>'),
        ("<@U0NOBODY>", '<span class="mention">@U0NOBODY</span>'),
        ("<#C0INC>", '<a class="mention" href="/as/U0ANA/C0INC">#incidents</a>'),
        ("`<@U0ANA>`", "<code>@Ana</code>"),
    ],
)
def test_mrkdwn_is_drawn_as_slack_draws_it(text: str, html: str) -> None:
    assert mrkdwn(text, ANA) == html


def test_links_open_elsewhere_and_bare_ones_only_when_not_verbatim() -> None:
    linked = '<a href="https://a.example/?q=1&amp;r" target="_blank" rel="noopener noreferrer">{}</a>'
    assert mrkdwn("<https://a.example/?q=1&amp;r|the page>", ANA) == linked.format("the page")
    assert mrkdwn("https://a.example/?q=1&amp;r.", ANA) == linked.format("https://a.example/?q=1&amp;r") + "."
    assert mrkdwn("https://a.example/?q=1&amp;r.", ANA, verbatim=True) == "https://a.example/?q=1&amp;r."


def test_dates_are_told_in_the_readers_own_zone() -> None:
    at = int(datetime(2026, 11, 22, 13, 47, 9, tzinfo=UTC).timestamp())
    taipei = TextContext("U0CHEN", NOON, ZoneInfo("Asia/Taipei"))
    drawn = mrkdwn(f"since <!date^{at}^{{time}}|13:47 UTC>", ANA)
    assert drawn == 'since <time title="13:47 UTC">14:47</time>'
    assert date_in_words(at, "{date_num} {time_secs}", taipei) == "2026-11-22 21:47:09"
    assert "yesterday</time>" in mrkdwn(f"<!date^{at - 86400}^{{date_short_pretty}}|x>", ANA).lower()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{date_num}", "2026-11-02"),
        ("{date_slash}", "02/11/2026"),
        ("{date_short}", "Nov 2, 2026"),
        ("{date_long}", "Monday, November 2nd, 2026"),
        ("{date_long_full}", "November 2nd, 2026"),
        ("{date_pretty} at {time}", "November 2nd, 2026 at 10:05"),
        ("{ago}", "20 days ago"),
    ],
)
def test_each_token_has_its_words(template: str, words: str) -> None:
    at = int(datetime(2026, 11, 2, 9, 5, tzinfo=UTC).timestamp())
    assert date_in_words(at, template, ANA) == words


def test_near_days_have_names_capital_only_at_the_start() -> None:
    today = int(NOON.timestamp())
    assert date_in_words(today, "{date_pretty}", ANA) == "Today"
    assert date_in_words(today + 86400, "due {date_short_pretty}", ANA) == "due tomorrow"


def test_what_cannot_be_a_date_shows_its_fallback() -> None:
    for broken in ("<!date^x^{time}|at noon>", "<!date^99999999999999^{time}|at noon>", "<!date^1^{hour}|at noon>"):
        assert mrkdwn(broken, ANA) == '<time title="at noon">at noon</time>'


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=-3), "in 3 hours"),
        (timedelta(days=400), "1 year ago"),
    ],
)
def test_the_largest_unit_says_how_long_ago(passed: timedelta, words: str) -> None:
    assert ago(passed) == words


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Head\n\n**b** *i* ~~s~~ `<x>`", "<h4>Head</h4><p><b>b</b> <i>i</i> <s>s</s> <code>&lt;x&gt;</code></p>"),
        ("- a\n- b\n\n1. c", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"),
        ("> said\n> so", "<blockquote>said<br>so</blockquote>"),
        ("```sh\nrm -rf <x>\n```", "<pre>rm -rf &lt;x&gt;</pre>"),
        ("[x](javascript:alert)", "<p>x</p>"),
        ("a\n---\nb", "<p>a</p><hr><p>b</p>"),
    ],
)
def test_the_markdown_block_draws_standard_markdown(text: str, html: str) -> None:
    assert markdown(text) == html


ALLOWED = {"a", "b", "i", "s", "code", "pre", "br", "blockquote", "span", "time", "p", "h4", "ul", "ol", "li", "hr"}


class Tags(HTMLParser):
    """Collects what a browser would make of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name == "href"}


SIGNS = list("<>&\"'`*_~!@#^|:/\n{}()[] \x00-=\u202e")
SPELLS = ["<script>", "javascript:", "https://", "&lt;", "onclick=", "```", "U0ANA", "<!date^1^{time}^", "<b>", "0"]
HOSTILE = st.lists(st.sampled_from(SIGNS + SPELLS), max_size=60).map("".join)


@given(HOSTILE)
def test_no_text_from_outside_becomes_markup(text: str) -> None:
    for html in (mrkdwn(text, ANA), markdown(text), plain_text(text)):
        tags = Tags(html)
        assert tags.names <= ALLOWED
        assert tags.attributes <= {"class", "href", "target", "rel", "title"}
        assert all(each.startswith(("http://", "https://", "mailto:", "tel:", "/as/U0ANA/")) for each in tags.addresses)
