"""What a person types ends in no shell as a command: held to every shell of this machine, at every kind of place."""

import re
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.format.pieces import TypedField
from bot.format.shell.filling import argument_line, fill_command, places_of
from bot.format.shell.programs import WRAPPERS, may_be_assigned
from tests.attacks.commands import HOLE, HOSTILE, any_command
from tests.attacks.shells import SHELLS, Sandbox, accepted

FREE = {"note": TypedField(type="string"), "x": TypedField(type="string")}
TYPED_PROGRAMS = [
    "{{ vars.note }} --version",
    "sudo {{ vars.note }}",
    "sudo -u postgres timeout 5 {{ vars.note }}",
    "env A=b {{ vars.note }} --now",
]
RUN_BY_A_SHELL = [
    *TYPED_PROGRAMS,
    "[[ {{ vars.note }} -gt 0 ]] && echo rows",
    "let a={{ vars.note }}",
    "NOTE={{ vars.note }} let x=NOTE",
    "declare -i n={{ vars.note }}",
    "test -v {{ vars.note }}",
    "[ -v {{ vars.note }} ]",
    "printf -v {{ vars.note }} x",
    "unset {{ vars.note }}",
    "eval {{ vars.note }}",
    "trap {{ vars.note }} EXIT",
    "sh -c {{ vars.note }}",
    "ssh host {{ vars.note }}",
    "su - postgres -c {{ vars.note }}",
    "echo x | xargs -I{} sh -c {{ vars.note }}",
    "printf $'it\\'s %s\\n' '{{ vars.note }}'",
    "dump |# {{ vars.note }}\ncat",
    "long-job &# {{ vars.note }}",
    "find . -name x -exec sh -c {{ vars.note }} \\;",
    "psql -c {{ vars.note }}",
    "read {{ vars.note }}",
    "export A={{ vars.note }}; [[ $A -gt 0 ]]",
    "echo {{ vars.note }} | sh",
    "echo {{ vars.note }} > f; sh f",
    "echo {{ vars.note }}; eval $_",
    "cat <<E-F\nit's\nE-F\neval {{ vars.note }}",
    "cat <<EOF\n{{ vars.note }}\nEOF",
    "sudo -u postgres sh -c {{ vars.note }}",
    "env -i bash -c {{ vars.note }}",
    "time -p eval {{ vars.note }}",
    'f() { eval "$1"; }; f {{ vars.note }}',
    "echo {{ vars.note }}>file",
    "echo $(echo {{ vars.note }})",
    "PATH={{ vars.note }} deploy",
    "awk {{ vars.note }} file",
    "pgbackrest --cmd-ssh={{ vars.note }} restore",
    "barman recover --remote-ssh-command {{ vars.note }} main 2026 /srv",
    "restic --password-command={{ vars.note }} restore",
    "chrt 5 {{ vars.note }}",
    "oc rsh pod {{ vars.note }}",
    "patronictl query -c {{ vars.note }}",
    "impala-shell -q {{ vars.note }}",
    "apt-get -o {{ vars.note }} update",
    "dpkg --pre-invoke={{ vars.note }} -i one.deb",
    "restic -o sftp.command={{ vars.note }} restore latest",
    "duplicity --rsync-options={{ vars.note }} restore a b",
]  # fmt: skip
SOUND = [
    "systemctl stop cache-writer  # on {{ asset.host }}",
    "echo {{ vars.note }}",
    "grep -F -- {{ vars.note }} /var/log/app.log | wc -l",
    "NOTE={{ vars.note }} deploy --now",
    "sudo -u postgres deploy --reason={{ vars.note }} 2>&1",
    "psql -X -v note={{ vars.note }} -f query.sql",
    "jq --arg note {{ vars.note }} '.[] | select(.note == $note)' file.json",
    "set -euo pipefail\n[ -f dump ] && deploy {{ vars.note }} || echo none",
    'for host in a b; do deploy "$host" {{ vars.note }}; done',
    "if deploy {{ vars.note }}; then echo done; fi >> log",
    "# it's\ndeploy 'for: '{{ vars.note }}",
    "cat <<'SQL'\nSELECT :'x';\nSQL\ndeploy {{ vars.note }}",
]  # fmt: skip


def test_check_refuses_what_a_shell_would_run() -> None:
    """Commands in which a shell runs, or splits, what somebody typed."""
    assert [one for one, good in zip(RUN_BY_A_SHELL, accepted(RUN_BY_A_SHELL), strict=True) if good] == []


def test_no_wrapper_runs_what_was_typed() -> None:
    """Each program that runs the one behind it, with each of its options; what is handed to that one may stand."""
    each = [
        (" ".join([name, *options, *["5"] * how.words]), how)
        for name, how in WRAPPERS.items()
        for options in ([], *([one] for one in how.flags if one != "-"), *([one, "x"] for one in how.valued))
    ]
    typed = [f"{before} {{{{ vars.note }}}}" for before, _ in each]
    typed += [f"{before} {{{{ vars.note }}}} show" for before, _ in each]
    assert [one for one, good in zip(typed, accepted(typed), strict=True) if good] == []
    handed = [f"{before} show {{{{ vars.note }}}}" for before, how in each if how.words == 0]
    assert any(accepted(handed))


def test_check_lets_through_what_stays_a_word() -> None:
    """A rule that refuses everything would be none: what people need to write is there."""
    assert [one for one, good in zip(SOUND, accepted(SOUND), strict=True) if not good] == []


@pytest.mark.parametrize(
    "field",
    ["{type: int}", "{type: timestamp}", "{type: enum, values: [a, b]}", "{type: string, pattern: '^[a-z_]+$'}"],
)
def test_values_that_cannot_hurt_stay_allowed(field: str) -> None:
    """Behind a program that reads words again, too: what is typed there holds no sign that a shell reads."""
    there = [one for one in RUN_BY_A_SHELL if places_of(one)[0].holds and one not in TYPED_PROGRAMS]
    assert len(there) > 20
    assert all(accepted(there, f"note: {field}"))
    open_ = "note: {type: string, pattern: '^.+$'}"
    assert not any(accepted(there, open_))


def test_no_shell_runs_what_was_typed_where_check_refuses(tmp_path: Path) -> None:
    """A run that is open keeps its old runbook: the card leaves such a value to a person."""
    box = Sandbox(tmp_path)
    commands = [_filled(place, value) for place in RUN_BY_A_SHELL for value in HOSTILE[:8]]
    for shell, _ in box.run([*commands, *(_filled(place, value) for place in SOUND for value in HOSTILE)]):
        assert not box.ran, shell


def _filled(command: str, value: str) -> str:
    return fill_command(command, {"vars.note": value, "asset.host": "pg-1", "vars.x": value}, FREE)


def _fuzz(box: Sandbox, seed: int, count: int) -> int:
    """Make commands, keep those that `check` accepts, run them with hostile values; how many were run."""
    chance = Random(seed)
    made = [any_command(chance) for _ in range(count)]
    sound = [one for one, good in zip(made, accepted(made), strict=True) if good]
    values = [chance.choice(HOSTILE if chance.random() < 0.5 else HOSTILE[:8]) for _ in sound]
    commands = [_filled(one, value) for one, value in zip(sound, values, strict=True)]
    for shell, noted in box.run(commands):
        assert not box.ran, (shell, seed)
        parts = {part for value in values for part in value.split() if len(part) > 3 and part != value}
        assert not parts.intersection(noted) - {*values, "-exec"}, (shell, seed)
    return len(sound)


def test_nothing_typed_is_run(tmp_path: Path) -> None:
    """Some hundred commands that `check` accepts, in every shell: no file appears, and no word falls apart."""
    assert {"bash", "dash"} <= set(SHELLS) or not SHELLS
    assert _fuzz(Sandbox(tmp_path), seed=1, count=500) > 150


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10, 14))
def test_nothing_typed_is_run_in_thousands_of_commands(tmp_path: Path, seed: int) -> None:
    assert _fuzz(Sandbox(tmp_path), seed, count=2_000) > 800


@pytest.mark.parametrize("shell", [one for one in ("bash", "zsh", "ksh", "mksh") if one in SHELLS])
def test_no_number_of_a_shell_is_assigned_free_text(shell: str) -> None:
    """What a shell keeps as a number it reads by arithmetic, which runs what stands in `a[$(…)]`."""
    listed = subprocess.run(
        [*SHELLS[shell], "-c", "typeset -i; declare -p -i"], capture_output=True, text=True, check=False, env={}
    ).stdout
    numbers = set(re.findall(r"\b([A-Z][A-Z0-9_]*)(?==|\s|$)", listed, re.MULTILINE))
    assert "RANDOM" in numbers
    assert not any(map(may_be_assigned, numbers))
    assert may_be_assigned("NOTE")


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(WORDS, min_size=20, max_size=20))
def test_what_arrives_is_what_was_typed(values: list[str], tmp_path: Path) -> None:
    """Sign for sign, wherever free text may stand; in an argument list as well."""
    box = Sandbox(tmp_path)
    commands = [_filled(f"show {HOLE}; env show a{HOLE}'b' | cat", value) for value in values]
    commands += [argument_line(("show", "{{ vars.note }}"), {"vars.note": value}, FREE) for value in values]
    wanted = [word for value in values for word in (value, f"a{value}b")] + values
    for shell, noted in box.run(commands):
        assert noted == wanted, shell


def test_where_no_quote_holds_a_plain_value_still_stands() -> None:
    """A time or a name is as it is; the rest is left to a person, in words that run nothing."""
    place = "psql -c \"SELECT '{{ vars.x }}'\""
    assert fill_command(place, {"vars.x": "order_lines"}, FREE) == "psql -c \"SELECT 'order_lines'\""
    assert "‹vars.x: type this by hand›" in fill_command(place, {"vars.x": "a b"}, FREE)
    assert fill_command(place, {}, FREE) == "psql -c \"SELECT '‹vars.x?›'\""
