"""Values in commands: what is said of a place, and that what it says to write cures it."""

import pytest

from bot.library.check.rules.shell import SOUND_PATTERN
from bot.library.problems import Problem
from tests.library.faulty import HEAD, TAIL, faulty, problems_of

HOLE = "{{ vars.note }}"


def _told(command: str, field: str = "{type: string, default: x}") -> list[Problem]:
    """What `check` says of a runbook with this command."""
    head = HEAD.replace("vars: {", f"vars: {{note: {field}, ")
    lines = "\n".join(f"      {line}" for line in command.splitlines())
    return problems_of(
        f"{head}\nsteps:\n  - id: look\n    do: Look\n    command: |\n{lines}\n    go: {{ok: stopped}}\n{TAIL}"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"echo '{HOLE}'", "stands inside quotes in the command of “look”"),
        (f"stop  # for {HOLE}", "stands in a comment, which a second line would leave"),
        (f"let a={HOLE}", "is evaluated by `let`"),
        (f"[[ {HOLE} -gt 0 ]]", "is evaluated by `[[`"),
        (f"sudo -u x ssh host {HOLE}", "is read a second time by `ssh`"),
        (f"echo {HOLE} | sudo sh", "goes down a pipe to `sh`"),
        (f"echo {HOLE} > f && sh f", "may end in a file that `sh` runs"),
        (f"cat <<X\n{HOLE}\nX", "stands in a here-document"),
        (f"echo $(( {HOLE} ))", "stands in arithmetic"),
        (f"{HOLE} --now", "is the program to run"),
        (f"$RUN {HOLE}", "is handed to a program that is not written out"),
        (f"tar -cf {HOLE}", "could be an option of `tar`"),
        (f"PATH={HOLE} deploy", "becomes a variable"),
        (f"echo x > {HOLE}", "says which file"),
        (f"for a in {HOLE}; do echo; done", "is what a loop goes over"),
        (f"ls [{HOLE}]*", "makes a pattern of it"),
        (f"f() {{ eval x; }}; f {HOLE}", "whose signs are not followed here"),
        (f"echo a\\{HOLE}", "behind a backslash"),
        (f"echo ${HOLE}", "touches a sign"),
        (f"echo ${{a:-{HOLE} }}", "inside ${…}"),
        (f"echo $'a\\'b' {HOLE}", "behind what shells read differently"),
        (f"echo $(echo {HOLE})", "whose words are read again"),
        (f"echo `echo {HOLE}`", "between backquotes"),
        (f"py{HOLE} x", "is part of the program"),
    ],
)
def test_a_place_is_told_by_what_it_is(command: str, said: str) -> None:
    """The sentence names what reads the value, and the cure of a free text is a pattern where nothing else stands."""
    told = _told(command)
    assert [one.rule for one in told] == ["T1"]
    assert said in told[0].message, told[0].message
    assert told[0].hint


_QUOTED = ["echo '{}'", 'echo "of {} rows"', "sudo deploy --why 'for {}'", "ssh host 'stop {}'", 'psql -c "select {}"']


@pytest.mark.parametrize("command", _QUOTED)
def test_what_is_said_of_quotes_cures_them(command: str) -> None:
    """The quotes are closed in front of the value, and where it would be read again it gets a pattern as well."""
    told = _told(command.replace("{}", HOLE))
    assert "the quotes closed in front of it" in told[0].hint
    quote = "'" if "'" in command else '"'
    closed = command.replace("{}", f"{quote}{HOLE}{quote}")
    asks = "`pattern`" in told[0].hint
    field = f"{{type: string, pattern: '{SOUND_PATTERN}', default: x}}" if asks else "{type: string, default: x}"
    assert _told(closed, field) == []
    assert asks is bool(_told(closed)), "a pattern is asked for where it is needed, and nowhere else"


@pytest.mark.parametrize(
    "command",
    [
        f"let a={HOLE}", f"test -v {HOLE}", f"sh -c {HOLE}", f"ssh host stop {HOLE}", f"echo {HOLE} | sh",
        f"echo $(a {HOLE})",
        f"PATH={HOLE} deploy", f"echo > {HOLE}", f"tar -cf {HOLE}", f"$RUN {HOLE}", f"f() {{ x; }}; f {HOLE}",
        f"case a in a) echo {HOLE};; esac", f"py{HOLE} x", f"echo {HOLE} > f; . ./f", f"for a in {HOLE}; do echo; done",
    ],
)  # fmt: skip
def test_the_pattern_that_is_asked_for_cures_the_rest(command: str) -> None:
    """Free text is refused, with a pattern it is sound, and no other rule speaks up."""
    assert "`pattern` for “note”" in _told(command)[0].hint
    assert _told(command, f"{{type: string, pattern: '{SOUND_PATTERN}', default: x}}") == []
    assert _told(command, "{type: int, default: 1}") == []


@pytest.mark.parametrize(
    ("command", "cured", "field"),
    [
        (f"psql -c {HOLE}", f"psql -v note={HOLE} --file QUERY.sql", None),
        (f"jq {HOLE} f", f"jq --arg note {HOLE} '.[$note]' f", None),
        (f"{HOLE} --now", f"{HOLE} --now", "{type: enum, values: [start, stop], default: stop}"),
        (f"echo $(( {HOLE} + 1 ))", f"expr {HOLE} + 1", "{type: int, default: 1}"),
        (f"echo {HOLE}>f", f"echo {HOLE} >f", None),
        (f"cat <<X\n{HOLE}\nX", f"psql -v note={HOLE} <<'X'\nselect :'note';\nX", None),
        (f"echo ${{a:-{HOLE} }}", f"echo {HOLE}", None),
        (f"echo \\{HOLE}", f"echo {HOLE}", None),
    ],
)
def test_other_cures_hold_too(command: str, cured: str, field: str | None) -> None:
    """As the hint says it."""
    assert [one.rule for one in _told(command)] == ["T1"]
    assert _told(cured, field or "{type: string, default: x}") == []


@pytest.mark.parametrize("field", ["{type: string, default: x}", "{type: int, default: 1}"])
def test_an_odd_place_is_refused_whatever_the_type(field: str) -> None:
    """A number that touches a redirection is a file; behind a dollar it is an argument of the shell's own."""
    assert [one.rule for one in _told(f"echo {HOLE}>f", field)] == ["T1"]
    assert [one.rule for one in _told(f"echo ${HOLE}", field)] == ["T1"]


def test_facts_and_plain_values_stand_in_comments() -> None:
    """They are one line, and whoever wrote them wrote the runbook."""
    assert _told("stop  # on {{ asset.host }}") == []
    assert _told(f"stop  # {HOLE}", "{type: int, default: 1}") == []
    assert "inside quotes" not in _told(f"stop  # {HOLE}")[0].message


@faulty(
    'exec: {argv: [deploy, "--why={{ vars.note }}"]}', 'exec: {argv: [psql, -v, "note={{ vars.note }}", -f, q.sql]}'
)
def test_an_argument_list_is_held_to_the_same() -> None:
    """
    head
    inputs: {note: {type: string, default: x}}
    preflight:
      - id: free
        title: Look at it
        exec: {argv: [sh, -c, "df {{ vars.target }}"]}
        expect: {all: [{var: stdout, exists: true}]}
    steps:
      - id: look
        check: Look
        exec: {argv: [sh, -c, "deploy {{ vars.note }}"]}  # T1
        expect: {all: [{var: stdout, exists: true}]}
        go: {ok: again, fail: hold}
      - id: again
        check: Look again
        exec: {argv: [psql, -c, "select {{ vars.note }}"]}  # T1
        expect: {all: [{var: stdout, exists: true}]}
        go: {ok: stopped, fail: hold}
    tail
    """
