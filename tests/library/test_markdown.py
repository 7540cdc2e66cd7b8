"""A Markdown runbook becomes a draft that loads, whatever it holds, and says what it guessed."""

import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.format.runbook import Decide, Do, Runbook
from bot.library.check import check_files
from bot.library.drafting.markdown.commands import safe_command, safe_words
from bot.library.drafting.markdown.drafting import import_markdown
from bot.library.drafting.markdown.reading import MOST_BYTES, NoMarkdown
from bot.library.drafting.markdown.words import Jump, read_condition, read_jump, slug
from bot.library.drafting.scribe import clean, entry, scalar
from bot.library.secrets import LEFT_OUT
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

FIXTURES = sorted((Path(__file__).parent / "markdown").glob("*.md"))


def draft_of(markdown: str | bytes) -> str:
    data = markdown.encode() if isinstance(markdown, str) else markdown
    return import_markdown(data, "page.md")


def book_of(markdown: str | bytes) -> Runbook:
    """The runbook of a draft, which has no error."""
    draft = draft_of(markdown)
    report = check_files([("draft.yaml", draft.encode())])
    assert report.errors == 0, ([one for one in report.problems if one.severity == "error"], draft)
    book = report.documents["draft.yaml"][0].model
    assert isinstance(book, Runbook)
    return book


def steps_of(markdown: str) -> dict[str, Do | Decide]:
    own = {"verify", "done", "hold", "stopped", "partly", "rolled_back"}
    return {
        step.title: step for step in book_of(markdown).steps if step.id not in own and isinstance(step, Do | Decide)
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_real_page_becomes_a_draft_that_can_be_walked(path: Path) -> None:
    """No error, every step reached, every answer possible, and a way that recovers."""
    book = book_of(path.read_bytes())
    report = report_of(rehearse(book, sample_asset(book)))
    assert report.sound
    assert report.outcomes["recovered"]


def test_the_redis_page_is_told_as_it_is_meant() -> None:
    book = book_of((FIXTURES[0].parent / "redis-failover.md").read_bytes())
    assert (book.title, book.status) == ("Redis: the primary does not answer", "draft")
    assert book.enter_when[1] == "Applications log LOADING or Connection refused"
    assert book.not_for[0].when.startswith("A single replica is down.")
    assert "https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/" in book.references
    by_title = {step.title: step for step in book.steps}
    offset = by_title["Choose the replica with the highest offset"]
    assert isinstance(offset, Do)
    assert (
        offset.command == "for h in cache-2 cache-3; do redis-cli -h $h info replication | grep slave_repl_offset; done"
    )
    assert (offset.caution or "").startswith("everything that the old primary took in")
    assert offset.phase == "promote"
    asked = by_title["Say whether this is so: Sentinel shows another address than before"]
    assert isinstance(asked, Decide)
    assert [book.by_id[option.go].title for option in asked.options] == ["It has failed over already", offset.title]
    hold = book.by_id["hold"]
    assert isinstance(hold, Decide)
    assert book.by_id[hold.options[2].go].title == "Stop writes"


def test_headings_lists_and_commands() -> None:
    steps = steps_of(
        "# Page\n## Stop it\n1. Stop the service.\n\n   ```sh\n   systemctl stop x\n   ```\n2. Wait\n## Go\n- Start"
    )
    assert [(step.title, step.phase) for step in steps.values()] == [
        ("Stop the service", "stop_it"), ("Wait", "stop_it"), ("Start", "go"),
    ]  # fmt: skip
    stop = steps["Stop the service"]
    assert isinstance(stop, Do)
    assert stop.command == "systemctl stop x"
    assert stop.go["ok"] == steps["Wait"].id


def test_nested_lists_are_steps_when_they_are_work_and_words_when_they_are_detail() -> None:
    work = steps_of("1. Switch over:\n   1. Stop the old one\n   2. Start the new one\n2. Tell everybody")
    assert list(work) == ["Stop the old one", "Start the new one", "Tell everybody"]
    assert work["Stop the old one"].say == "Switch over:"
    detail = steps_of("1. Switch over\n   - by name\n   - or by tag\n2. Tell everybody")
    assert list(detail) == ["Switch over", "Tell everybody"]
    assert detail["Switch over"].say == "• by name\n• or by tag"


def test_a_condition_forks_and_comes_together_again() -> None:
    steps = steps_of("1. Look\n2. If it is full, extend it. Otherwise clean it up.\n3. Go on working")
    fork = steps["Say whether this is so: it is full"]
    assert isinstance(fork, Decide)
    yes, no = (next(step for step in steps.values() if step.id == option.go) for option in fork.options)
    assert (yes.title, no.title) == ("Extend it", "Clean it up")
    assert isinstance(yes, Do)
    assert isinstance(no, Do)
    assert yes.go["ok"] == no.go["ok"] == steps["Go on working"].id


def test_a_jump_goes_where_it_says_and_a_round_is_counted() -> None:
    steps = steps_of("1. Start it\n2. Look at it\n3. If it is down, go back to step 1\n4. Tell everybody")
    fork = steps["Say whether this is so: it is down"]
    assert isinstance(fork, Decide)
    assert [option.go for option in fork.options] == [steps["Start it"].id, steps["Tell everybody"].id]
    assert fork.max_visits == 5
    assert "where does “step 9” lead?" in draft_of("1. Start it\n2. If it is down, go to step 9\n3. Tell")


def test_a_table_of_what_one_sees_and_does_is_a_choice() -> None:
    table = "| Symptom | Action |\n|---|---|\n| Disk full | Extend it |\n| Disk gone | Replace it |\n"
    fork = steps_of(f"## Look\n{table}")["Choose the line that matches what you see"]
    assert isinstance(fork, Decide)
    assert [option.when for option in fork.options] == ["Disk full", "Disk gone"]
    words = steps_of("1. Look\n\n   | Name | Port |\n   |---|---|\n   | db | 5432 |\n")
    assert words["Look"].say == "Name: db; Port: 5432"


def test_nothing_is_lost_in_silence() -> None:
    """What finds no place in a step stands in a comment."""
    draft = draft_of(
        "# Page\nIntro.\n## Contacts\nCall Zoe on 555.\n## Change log\n- 2019: first\n## Do\n- Restart it\n"
    )
    assert "# Call Zoe on 555." in draft
    assert "# - 2019: first" in draft
    assert 'objective: "Intro."' in draft


@pytest.mark.parametrize(
    "command",
    [
        "echo '{{.Names}}'", 'echo "{{.A}}" {{b}}', "echo {{a,b},c}", "echo '{%' \"{%d%}\"", "echo \\{{x",
        "# it's {{ x }}\necho '{{y}}'", "echo a#{{b}} # {{", "echo '{{' \"it's {{ok}}\"", "echo '{{'\\''{{'",
    ],
)  # fmt: skip
def test_braces_are_made_safe_and_the_shell_sees_the_same(command: str) -> None:
    """Both forms are run, and print the same."""
    safe = safe_command(command).text
    assert not any(token in safe for token in ("{{", "}}", "{%", "%}"))
    ran = [subprocess.run(["bash", "-c", one], capture_output=True, check=False, text=True) for one in (command, safe)]
    assert ran[0].stdout == ran[1].stdout != ""


@pytest.mark.parametrize("command", ["echo ${#list[@]}", "cat <<E\n{{x}}\nE", "echo ${x%}"])
def test_a_command_that_quotes_would_change_is_left_out_and_kept_beside(command: str) -> None:
    made = safe_command(command)
    assert (made.text, made.left_out) == ("", command)
    draft = draft_of(f"1. Do it\n\n   ```sh\n   {command.replace(chr(10), chr(10) + '   ')}\n   ```\n")
    assert f"    # {command.splitlines()[0]}" in draft


@pytest.mark.parametrize(
    "secret",
    ["password=hunter2hunter2", "DB_PASSWORD: 'abc12345'", "AKIAABCDEFGHIJKLMNOP", "xoxb-123456789012-abc",
     "postgres://app:s3cret@db/x", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"],
)  # fmt: skip
def test_no_secret_goes_into_the_draft(secret: str) -> None:
    draft = draft_of(f"1. Log in\n\n   ```sh\n   export X={secret}\n   ```\n\n{secret}\n\n## Contacts\n{secret}\n")
    assert LEFT_OUT in draft
    assert not any(part in draft for part in ("hunter2", "abc12345", "AKIA", "xoxb-1", "s3cret", "BEGIN RSA"))


@pytest.mark.parametrize(
    "command",
    ["redis-cli -h cache -a hunter2 ping", "mysql -u root -phunter2 orders", "sshpass -p 'hunter2' ssh db",
     "curl -s -u admin:hunter2 https://db/x", "tool --password hunter2 --quiet", "tool --api-key hunter2"],
)  # fmt: skip
def test_a_secret_behind_a_flag_goes_out_of_the_command(command: str) -> None:
    made = safe_command(command)
    assert made.text == command.replace("'hunter2'", "hunter2").replace("hunter2", LEFT_OUT)
    assert any("a secret stood here" in note for note in made.notes)


def test_a_flag_that_holds_no_secret_stays() -> None:
    for command in (
        "mkdir -p /srv/orders",
        "psql -p 5432",
        "tool --password-file /run/secrets/db",
        "redis-cli -a $PW ping",
    ):
        assert safe_command(command).text == command


def test_prose_about_secrets_stays() -> None:
    assert safe_words("Password: ask the vault") == "Password: ask the vault"
    assert safe_words("Password: vaulted, by key") == "Password: vaulted, by key"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a" * (MOST_BYTES + 1), "Split it"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"\x7fELF\x00\x00", "NUL bytes"),
        (b"1. x\n" * 2_000, "2000 steps"),
    ],
)
def test_what_cannot_be_a_runbook_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(NoMarkdown, match=words):
        draft_of(data)


def test_an_empty_page_is_a_draft_too() -> None:
    assert [step.title for step in book_of("").steps[:1]] == ["TODO: the first thing to do"]


HOSTILE = (
    "# ", "## ", "### Step 2: ", "- ", "1. ", "  2. ", "   ", "> ", "> [!WARNING]\n> ", "```sh\n", "```\n", "~~~json\n",
    "    ", "| a | b |\n|---|---|\n", "| If | Then |\n|--|--|\n|x|y|\n|z|w|\n", "if x, then ", "If it fails: ",
    "otherwise ", "go to step 1", "skip to Restore", "\n", "\n\n", "{{ vars.x }}", "{% if %}", "${#a}", "<b>", "<!--",
    "-->", "password: hunter22", "passwd=abcdefgh", "Token: something", "secret:\tabcdefghi", "postgres://u:pw@h",
    "[l](https://e.com/{{x}})", "`", "\t", "TODO", "---\n", "---\ntitle: x\n---\n", "## Rollback\n", "## Symptoms\n",
    "\u2028", "\ud7ff", "\U0001f600", "\x07", "\x85", "\ufeff", "\r\n", "Caution: ", "Note: ", "- [ ] ", "- [x] ",
    "$ ls\nout\n", '"', "'", "\\", "yes", "null", "1:30", "2024-01-01", ": ", "#", "&a", "*a", "%", "@", "hold",
    "verify", "x" * 200 + " ",
)  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=50).map("".join))
@settings(deadline=None)
def test_whatever_the_markdown_the_draft_loads(markdown: str) -> None:
    """A law: no Markdown makes a draft with an error. A NUL byte is refused in a sentence; see above."""
    book_of(markdown.replace("\x00", "").encode("utf-8", "replace"))


@given(st.text(max_size=60))
def test_what_the_scribe_writes_is_read_back(text: str) -> None:
    """A law: any clean text, as a value on one line or as an entry, is the same text afterwards."""
    wanted = clean(text)
    assert yaml.safe_load(f"key: {scalar(wanted)}")["key"] == wanted
    assert yaml.safe_load("\n".join(["top:", *entry("key", wanted, 2)]))["top"]["key"] == wanted


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("If the disk is full, then extend it.", ("the disk is full", "extend it.", "")),
        ("If it is down: restart it, otherwise wait", ("it is down", "restart it", "wait")),
        ("In case of fire, leave", ("of fire", "leave", "")),
        ("Ifconfig shows the address", None),
        ("Restart it if it is down", None),
    ],
)
def test_conditions_are_told_from_other_lines(text: str, parts: tuple[str, str, str] | None) -> None:
    found = read_condition(text)
    assert (None if found is None else (found.when, found.then, found.otherwise)) == parts


def test_jumps_are_told_from_other_lines() -> None:
    assert read_jump("go back to step 3.") == ("", Jump(number=3))
    assert read_jump("stop it and skip to Clean up") == ("stop it", Jump(name="clean_up"))
    assert read_jump("continue") == ("", None)
    assert read_jump("go home") == ("go home", None)


@pytest.mark.parametrize(
    ("text", "id_"),
    [("Näme the Tåble!", "name_the_table"), ("10", "s_10"), ("yes", "s_yes"), ("数", ""), ("a" * 90, "a" * 40)],
)
def test_ids_are_nothing_that_yaml_reads_otherwise(text: str, id_: str) -> None:
    assert slug(text) == id_
