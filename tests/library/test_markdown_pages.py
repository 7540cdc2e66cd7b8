"""Pages as they are written in the world: what each of their habits becomes in a draft."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.format.runbook import Decide, Do, Runbook, Signoff
from bot.library.drafting.markdown.drafting import import_markdown
from tests.library.test_markdown import book_of, draft_of, steps_of

INLINE = """\
# Elasticsearch: restore an index from a snapshot

Use when documents or a whole index are missing or wrong and the cluster is green/yellow.
Not when the cluster has no master (quorum loss) or a mapping bug: reindex instead.
Owner: search. Data owner signs before the alias is moved.

1. Stop the writers: `systemctl stop search-indexer` (indexer host). Undo: start it again.
2. Check the cluster has a master: `curl -fsS $ES/_cluster/health` (status not red). If red: call the lead.
3. Restore beside the live index:
   `curl -fsS -XPOST $ES/_snapshot/$REPO/$SNAP/_restore -d '{"indices":"products","rename_pattern":"(.+)"}'`
4. Wait: `curl -fsS "$ES/_cat/recovery?active_only"` until empty. If a shard is unassigned: `_cluster/explain`.
5. Sign-off by data owner, then swap alias atomically: `POST _aliases {remove products_v7, add restored_products}`.
6. `systemctl start search-indexer`
7. Data owner accepts. Tell #incidents.
"""


def _named(markdown: str) -> dict[str, Do]:
    return {title: step for title, step in steps_of(markdown).items() if isinstance(step, Do)}


def test_a_command_in_its_sentence_is_a_command() -> None:
    """“Title: `code`” and code alone; word for word, and what stands around it is said."""
    steps = _named(INLINE)
    assert [step.command for step in steps.values() if step.command] == [
        "systemctl stop search-indexer",
        "curl -fsS $ES/_cluster/health",
        """curl -fsS -XPOST $ES/_snapshot/$REPO/$SNAP/_restore -d '{"indices":"products","rename_pattern":"(.+)"}'""",
        'curl -fsS "$ES/_cat/recovery?active_only"',
        "POST _aliases {remove products_v7, add restored_products}",
        "systemctl start search-indexer",
    ]
    assert steps["Stop the writers"].say == "(indexer host). Undo: start it again."
    spoken = _named("1. Look at `postgresql.conf` first\n2. Then read `the log of it` closely")
    assert [step.command for step in spoken.values()] == [None, None]


def test_a_signature_that_is_asked_for_is_a_sign_off() -> None:
    """Before what it allows; the role is declared."""
    book = book_of(INLINE)
    signed = [step for step in book.steps if isinstance(step, Signoff)]
    assert [step.from_ for step in signed] == [("data_owner",), ("data_owner",)]
    assert "data_owner" in book.roles
    assert book.by_id[signed[0].go["approved"]].title == "Swap alias atomically"
    for line in (
        "Approved by the data owner",
        "Get the approval of the lead, then drop it",
        "With the lead's OK, drop it",
    ):
        assert any(isinstance(step, Signoff) for step in book_of(f"1. Look\n2. {line}").steps), line
    assert not any(isinstance(step, Signoff) for step in book_of("1. Find who approved by mail\n2. Sign in").steps)


def test_when_to_use_a_page_is_read_in_its_first_lines() -> None:
    book = book_of(INLINE)
    assert book.enter_when == ("Documents or a whole index are missing or wrong and the cluster is green/yellow.",)
    assert book.not_for[0].when.startswith("The cluster has no master (quorum loss)")


def _ways(book: Runbook, question: str) -> list[str]:
    fork = next(step for step in book.steps if isinstance(step, Decide) and question in step.title)
    return [book.by_id[option.go].title for option in fork.options]


def test_what_stands_under_a_condition_is_done_only_then() -> None:
    """A fence and a list behind “If …:” belong to Yes, and the condition is not cut inside brackets."""
    page = (
        "# Queue stuck\n\n## Fix\n\nIf the worker pod is failed (`Crash`, `Error`), remove it:\n\n"
        "```bash\nkubectl delete pod worker-0\n```\n\n## Reset\n\nIf the index is damaged beyond repair:\n\n"
        "1. Stop the writer.\n2. Delete the index.\n\n## End\n\n- Tell everybody\n"
    )
    book = book_of(page)
    assert _ways(book, "failed (Crash, Error)") == [
        "Remove it", "Say whether this is so: the index is damaged beyond repair",
    ]  # fmt: skip
    assert _ways(book, "damaged beyond repair") == ["Stop the writer", "Tell everybody"]
    removed = next(step for step in book.steps if isinstance(step, Do) and step.command)
    assert (removed.title, removed.command) == ("Remove it", "kubectl delete pod worker-0")
    leading = {step.id for step in book.steps for _, target in book.exits(step) if target == removed.id}
    assert leading == {next(step.id for step in book.steps if "failed" in step.title)}


@pytest.mark.parametrize("word", ["If needed", "If necessary", "if required"])
def test_if_needed_is_a_step_that_may_be_skipped(word: str) -> None:
    steps = _named(f"1. Look\n2. {word}, restart it\n3. Go on")
    assert steps["Restart it"].skip
    assert not steps["Look"].skip


@pytest.mark.parametrize(
    "text", ["A normal answer looks like this:", "The output is:", "You should see:", "It returns"]
)
def test_what_one_should_see_is_no_command(text: str) -> None:
    """It is said, and stays with the step whose command it is of."""
    command, seen = (f"   ```\n   {one}\n   ```\n\n" for one in ("supervisorctl status", "web   RUNNING"))
    page = f"1. Look at the state:\n\n{command}   {text}\n\n{seen}"
    steps = _named(page)
    assert [step.command for step in steps.values()] == ["supervisorctl status"]
    assert "web   RUNNING" in (steps["Look at the state"].say or "")


@pytest.mark.parametrize("prompt", ["$ ", "root@db-1:~# ", "[root@db-1 ~]# ", "user@db-1:/srv$ "])
def test_a_prompt_is_taken_off_and_what_it_answered_is_kept(prompt: str) -> None:
    steps = _named(f"1. Look\n\n   ```bash\n   {prompt}uptime\n   up 3 days\n   ```\n")
    assert steps["Look"].command == "uptime"
    assert "up 3 days" in (steps["Look"].say or "")
    comment = _named("1. Look\n\n   ```bash\n   # how long is it up\n   uptime\n   ```\n")
    assert comment["Look"].command == "# how long is it up\nuptime"
    root = _named("1. Look\n\n   ```console\n   # uptime\n   up 3 days\n   ```\n")
    assert root["Look"].command == "uptime"


def test_the_skeleton_of_an_alert_page() -> None:
    """Meaning is when one enters, impact what is over in the end; notes are kept beside, and are no steps."""
    page = (
        "# PodDown\n\n## Meaning\n\nThe pod has not answered for ten minutes.\n\n## Impact\n\n- Writes fail.\n\n"
        "## Diagnosis\n\n1. List the pods: `kubectl get pods`\n\n## Mitigation\n\n1. Restart it.\n\n"
        "## Notes\n\n- Port 9000.\n"
    )
    assert book_of(page).enter_when == ("The pod has not answered for ten minutes.",)
    assert list(steps_of(page)) == ["List the pods", "Restart it"]
    draft = draft_of(page)
    assert book_of(page).objective == "This is over: Writes fail."
    assert "# TODO guess: what is over once it is done, by the impact" in draft
    assert "enter_when:  # from “Meaning”" in draft
    told = page.replace("## Impact", "## Overview\n\nPods are back.\n\n## Impact")
    assert book_of(told).objective == "Pods are back."
    assert "# - Writes fail." in draft_of(told)
    assert "# - Port 9000." in draft
    assert "Testing the standby" in steps_of("# A\n## Testing the standby\n```sh\nping x\n```\n")


def test_a_page_about_trouble_is_work() -> None:
    """A heading that stands over all is the title, and where something is run there is work to do."""
    long = "Run the first check and write down what it says, because whoever comes next will need the numbers" * 2
    page = (
        f"## Troubleshooting a slow database\n\n### Check load\n\n{long}.\n\n```bash\nuptime\n```\n\n"
        "### Restart\n\n1. Stop it: `systemctl stop db`"
    )
    steps = _named(page)
    assert [(title, step.command) for title, step in steps.items()] == [
        ("Check load", "uptime"), ("Stop it", "systemctl stop db"),
    ]  # fmt: skip
    assert book_of(page).title == "Troubleshooting a slow database"
    assert f"{long.strip()}." in " ".join(draft_of(page).split())


def test_what_is_to_be_filled_in_stays_and_markup_goes() -> None:
    """`<db>` is no tag, and a link by name leads where the page says it does."""
    steps = steps_of(
        "1. Replace <environment> and <db> <b>now</b>.<br/>\n2. Read [the page][p]\n\n[p]: https://e.com/x\n"
    )
    assert list(steps) == ["Replace <environment> and <db> now", "Read the page"]
    assert "https://e.com/x" in book_of("1. Read [the page][p]\n\n[p]: https://e.com/x\n").references


def test_links_within_the_wiki_are_references_with_the_words_that_lead_there() -> None:
    """Each once, in their order; a place of the page itself, mail and what a secret stands in are no pages to read."""
    page = (
        "# Redis is gone\n\nSee [the vault](../ops/vault.md), [below](#do), [us](mailto:a@b.c),\n"
        "[Caf\u00e9 keys](/w/Caf%C3%A9%20b.md).\n\n![how it hangs together](img/a.png)\n\n## Do\n\n"
        "1. Follow [the vault page](../ops/vault.md), [x](x.md#y)\n"
    )
    kept = [
        "the vault (../ops/vault.md)",
        "Caf\u00e9 keys (/w/Caf\u00e9 b.md)",
        "how it hangs together (img/a.png)",
        "x (x.md#y)",
    ]
    assert list(book_of(page).references) == kept
    assert {"# below (#do)", "# mailto:a@b.c"} <= set(draft_of(page).splitlines())
    wiki = "https://wiki.example.com"
    whole = import_markdown(page.encode(), "redis.md", address=f"{wiki}/ops/redis")
    found = [
        f"{wiki}/{one}" for one in ("ops/redis", "ops/vault.md", "w/Caf%C3%A9%20b.md", "ops/img/a.png", "ops/x.md#y")
    ]
    assert [line[5:-1] for line in whole.splitlines() if line.startswith('  - "http')] == found


def test_colons_stay() -> None:
    """Every line verbatim, but for the value of a secret."""
    page = (
        "# Apply\n\n## Do\n\n```bash\ncurl -H 'X-Auth-Token: abcdefgh' https://vault.example.com\n"
        "kubectl apply -f - <<EOF\nsecretName: web-tls\ntokenReviewer: enabled\nEOF\n```\n"
    )
    command = next(iter(_named(page).values())).command
    assert command == (
        "curl -H 'X-Auth-Token: $TODO_SECRET' https://vault.example.com\n"
        "kubectl apply -f - <<EOF\nsecretName: web-tls\ntokenReviewer: enabled\nEOF"
    )


LONG = "word " * 110
KEPT = {
    "---\ntitle: Page\nowner: delta\n---\n1. Do it": "owner: delta",
    f"| Symptom | Action |\n|---|---|\n| {LONG} theta | Extend |\n| b | c |\n": "theta",
    "1. See [other](docs/iota.md)": "docs/iota.md",
    f"1. {LONG} nu": "nu",
    f"## Symptoms\n- {LONG} xi\n## Do\n- Do it": "xi",
    f"## When not to use\n- {LONG} xi\n## Do\n- Do it": "xi",
    f"## Known issues\n- {LONG} xi\n## Do\n- Do it": "xi",
    f"# {LONG} xi\n## Do\n- Do it": "xi",
    f"1. Do it\n\n   Warning: {LONG} xi": "xi",
    f"Intro {LONG} xi\n\n## Do\n- Do it": "xi",
    "1. Do it\n\n   <div>omicron</div>": "omicron",
}


@pytest.mark.parametrize("page", KEPT)
def test_what_finds_no_place_stands_whole_in_a_comment(page: str) -> None:
    """Whatever a card has no room for, and whatever the format has no key for."""
    assert KEPT[page] in draft_of(page)
    book_of(page)


WORDS = ("alpha", "bravo", "carbon", "delta", "echo", "foxtrot", "golf", "hotel")
SHAPES = (
    "- {}\n", "1. {}\n", "{}\n\n", "> {}\n\n", "```sh\n{}\n```\n\n", "## {}\n\n", "   {}\n\n", "If {}, then {}.\n\n",
    "- {}: `{} -x {}`\n", "If {}:\n\n```\n{} x\n```\n\n", "The output is:\n\n```\n{}\n```\n\n",
    "| a | b |\n|--|--|\n| {} | {} |\n\n", "Warning: {}\n\n", "Note: {}\n\n", "## Notes\n\n{}\n\n",
    "[{}](x/{}.md)\n\n", "- [ ] {}\n", "~~~yaml\n{}\n~~~\n\n", "## Meaning\n\n{}\n\n", "## Overview\n\n{}\n\n",
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(SHAPES), st.lists(st.sampled_from(WORDS), min_size=3, max_size=3)), max_size=12)
)
@settings(deadline=None)
def test_no_word_of_a_page_is_lost(parts: list[tuple[str, list[str]]]) -> None:
    """A law: each word of the page stands in the draft, in a step, on top or in a comment."""
    numbered = [shape.replace("{}", f"{{}}{number}").format(*words) for number, (shape, words) in enumerate(parts)]
    page = "# Page\n\n" + "".join(numbered)
    draft = draft_of(page)
    assert [word for word in re.findall(r"[a-z]+\d+", page) if word not in draft.lower()] == []


def test_an_item_that_tells_nothing_to_do_is_a_detail() -> None:
    """It goes to the step before it; a page of such says so first."""
    steps = _named("## Do\n- Stop the writer\n- The port is 9000\n- Delete the index\n- About an hour\n")
    assert list(steps) == ["Stop the writer", "Delete the index"]
    assert steps["Stop the writer"].say == "• The port is 9000"
    assert "explains more" not in draft_of("## Do\n- Stop the writer\n- The port is 9000\n- Delete the index\n")
    talk = "## Do\n- The port is 9000\n- The host is db\n- Nobody knows\n- Restart it\n"
    assert "this page explains more than it instructs: 3 of 4 items" in draft_of(talk)
    assert list(_named(talk)) == ["Restart it"]


def test_a_page_in_another_language_is_told_as_one() -> None:
    """Its shape and its commands come along, each item as a step, and the draft says that no more was recognised."""
    page = (
        "# Datenbank weg\n\n## Vorgehen\n\n"
        "Wenn die Datenbank nicht antwortet und der Dienst steht, dann geht man die Liste durch und ruft jemand.\n\n"
        "- Dienst anhalten und warten, bis niemand mehr schreibt\n"
        "- Sicherung einspielen: `pg_restore -d orders x.dump`\n"
        "- Dienst starten und dem Kanal sagen, dass alles wieder da ist\n"
    )
    assert "does not read like English" in draft_of(page)
    assert len(steps_of(page)) == 3
    assert "pg_restore -d orders x.dump" in draft_of(page)
    assert "does not read like English" not in draft_of(INLINE)


def test_what_is_to_be_filled_in_twice_is_asked_for_once() -> None:
    """It is filled in outside of quotes, whatever quotes stand around it; named once, it stays as the page has it."""
    page = (
        "# Reset\n\n1. Stop it: `kubectl scale deploy/<consumer> --replicas=0`\n"
        "2. Say which: `grep '<consumer> of' \"/var/log/<consumer>.log\"  # <consumer>`\n"
        "3. Restart <environment> on `ssh <host> uptime`\n"
    )
    book = book_of(page)
    steps = _named(page)
    assert steps["Stop it"].command == "kubectl scale deploy/{{ vars.consumer }} --replicas=0"
    wanted = "grep ''{{ vars.consumer }}' of' \"/var/log/\"{{ vars.consumer }}\".log\"  # <consumer>"
    assert steps["Say which"].command == wanted
    assert list(book.inputs) == ["consumer"]
    assert book.inputs["consumer"].required
    draft = draft_of(page)
    assert "<environment>" in draft
    assert "ssh <host> uptime" in draft
    assert "to be filled in" not in draft.split("Stop it")[0].split("steps:")[1]
    assert "inputs:" not in draft_of(
        page.replace("<consumer> of", "x").replace("/<consumer>.log", "").replace("# <co", "# co")
    )


@pytest.mark.parametrize("command", ["cat <<E\n<a-b> <a-b>\nE", "echo <a-b> # <a-b>"])
def test_where_a_value_cannot_be_taken_the_page_s_own_words_stay(command: str) -> None:
    """A draft loads in any case; what a shell reads a second time is left to whoever writes the runbook."""
    page = f"1. Do it\n\n   ```sh\n   {command.replace(chr(10), chr(10) + '   ')}\n   ```\n"
    book_of(page)
    assert "<a-b>" in draft_of(page)


def test_a_comment_in_the_page_is_kept() -> None:
    """Nobody sees it in a wiki; whoever brings the page in does."""
    draft = draft_of("<!-- ask Zoe about\nACLs -->\n\n# A\n\n1. Do it <!-- twice --> now\n")
    assert "# ask Zoe about\n# ACLs" in draft
    assert "# twice" in draft
    assert list(steps_of("1. Do it <!-- twice --> now\n")) == ["Do it now"]


def test_a_draft_is_in_the_short_form() -> None:
    """Only what the page says: no exits to the next step, no copied hold, no stand-ins for what nobody said."""
    draft = draft_of("# A\n\n## Do\n\n1. Stop it\n2. If it is full, extend it\n3. Start it\n")
    body = draft.split("steps:\n")[1]
    assert body.split("  - do verify")[0] == (
        "  # from “Do”\n  - do: Stop it\n    phase: do\n\n"
        "  # TODO guess: an “if … then …” line; is this the question to ask, and are these all the answers?\n"
        '  - decide: "Say whether this is so: it is full"\n    options:\n'
        '      - {id: answer_1, label: "Yes", when: It is full, go: extend_it}\n'.replace("It is full", '"It is full"')
        + '      - {id: answer_2, label: "No", when: "It is not so: it is full", go: start_it}\n\n'
        "  - do extend_it: Extend it\n\n  - do start_it: Start it\n\n"
    )
    for word in ("hold", "owner", "roles", "status", "exception", "failure_modes", "problem"):
        assert f"{word}:" not in draft, word
    named = book_of("1. Hold\n2. Done\n")
    assert ("ok", "done_2") in named.exits(named.steps[0]), "a title does not make a step one of Handrail's own"


def test_what_stands_under_otherwise_is_on_the_way_of_no_alone() -> None:
    """Also as a paragraph of its own behind the block of Yes, with its command in the sentence."""
    page = (
        "## Fix\n\nIf the disk is full, lower the retention:\n\n```sh\nkafka-configs.sh --alter x\n```\n\n"
        "Otherwise restart the broker: `kubectl delete pod kafka-0`\n\nAfterwards tell #kafka.\n\n"
        "If it is still down, start it: `systemctl start kafka`\n\n- Wait\n"
    )
    book = book_of(page)
    steps = _named(page)
    assert _ways(book, "disk is full") == ["Lower the retention", "Restart the broker"]
    assert steps["Restart the broker"].command == "kubectl delete pod kafka-0"
    assert steps["Start it"].command == "systemctl start kafka"
    lower = next(step for step in book.steps if isinstance(step, Do) and step.title == "Lower the retention")
    assert next(to for _, to in book.exits(lower)) != steps["Restart the broker"].id


def test_what_a_page_says_of_itself_is_no_step() -> None:
    """A table without names over its columns, before anything else; and when not to use it, wherever it says so."""
    page = (
        "# Page\n\n| | |\n|---|---|\n| Service | orders |\n| Severity | SEV1 |\n\n## When to use\n\n- It is down\n\n"
        "Don't use this when the host is gone.\n\n## Do\n\n- Start it\n"
    )
    assert list(steps_of(page)) == ["Start it"]
    assert "# Service; orders" in draft_of(page).replace("; ", "; ")
    book = book_of(page)
    assert book.enter_when == ("It is down",)
    assert book.not_for[0].when == "Don't use this when the host is gone."
