"""What a person types ends in no shell as a command: held to a real one, at every kind of place in a command."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.plain.text import fill, open_to_the_shell

SHELL = shutil.which("bash") or shutil.which("sh") or "/bin/sh"
PLACES = [
    "printf %s {{ vars.x }}",
    "printf %s a{{ vars.x }}b",
    "printf %s --name={{ vars.x }} 'quoted' \"and so\"",
    "printf %s '{{ vars.x }}'",
    'printf %s "{{ vars.x }}"',
    'printf %s "$(printf %s "{{ vars.x }}")"',
    'printf %s "$(printf %s {{ vars.x }})"',
    "printf %s `printf %s {{ vars.x }}`",
    "printf %s \\{{ vars.x }}",
    "printf %s $'{{ vars.x }}'",
    "printf ok # {{ vars.x }}",
    "printf ok;# {{ vars.x }}\nprintf %s {{ vars.x }}",
    "cat <<EOF\n{{ vars.x }}\nEOF\nprintf %s {{ vars.x }}",
    "cat <<-'END'\n\t{{ vars.x }}\n\tEND\nprintf %s {{ vars.x }}",
    "cat <<A <<B\n{{ vars.x }}\nA\n{{ vars.x }}\nB\nprintf %s {{ vars.x }}",
    "cat <<< {{ vars.x }}",
    'cat <<< "{{ vars.x }}"',
    "printf %s $(( {{ vars.x }} ))",
    "(( {{ vars.x }} )) || true",
    "printf %s $[ {{ vars.x }} ]",
    'printf %s "${none:-{{ vars.x }} }"',
    "( printf %s {{ vars.x }} )",
    "case a in a) printf %s {{ vars.x }};; esac",
    "sh -c 'printf %s {{ vars.x }}'",
    'printf %s {{ vars.x }}{{ vars.x }}"{{ vars.x }}"',
]  # fmt: skip
HOSTILE = [
    "$(touch {file})", "`touch {file}`", "; touch {file} ;", "' ; touch {file} ; '", '" ; touch {file} ; "',
    "x\ntouch {file}\n", "a[$(touch {file})]", "'\"$(touch {file})\"'", "\\'; touch {file} #", "EOF\ntouch {file}\n",
    "END\ntouch {file}", "A\ntouch {file}", "B\ntouch {file}", ") ; touch {file} ; (", "|touch {file}", "&touch {file}",
    "$(touch${IFS}{file})", "\u2019; touch {file}; \u2019", "# \n touch {file}",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_typed_value_runs_nowhere_in_a_command(place: str, tmp_path: Path) -> None:
    """Each hostile value at this place; a file would appear if any of it ran."""
    for hostile in HOSTILE:
        file = tmp_path / "ran"
        command = fill(place, {"vars.x": hostile.replace("{file}", str(file))}, quote=True, strict=False)
        subprocess.run([SHELL, "-c", command], capture_output=True, check=False, timeout=10, cwd=tmp_path)
        assert not file.exists(), command


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=WORDS)
def test_a_typed_value_is_one_word(value: str) -> None:
    """What arrives is what was typed, sign for sign, wherever a quote holds."""
    command = fill("printf %s {{ vars.x }} '-' \"=\" $(printf %s {{ vars.x }} '')", {"vars.x": value}, quote=True)
    done = subprocess.run([SHELL, "-c", command], capture_output=True, check=True, timeout=10)
    assert done.stdout.decode().startswith(f"{value}-=")


def test_where_no_quote_holds_a_plain_value_still_stands() -> None:
    """A time or a name is as it is; the rest is left to a person, in words that run nothing."""
    place = "psql -c \"SELECT '{{ vars.x }}'\""
    assert fill(place, {"vars.x": "order_lines"}, quote=True) == "psql -c \"SELECT 'order_lines'\""
    assert "‹vars.x: type this by hand›" in fill(place, {"vars.x": "a b"}, quote=True)
    assert fill(place, {}, quote=True, strict=False) == "psql -c \"SELECT '‹vars.x?›'\""


@pytest.mark.parametrize("place", [*PLACES[:3], PLACES[15], PLACES[21]])
@pytest.mark.parametrize("after", ["", "\n# done", "\ncat <<EOF\nx\nEOF\n"])
def test_an_author_may_write_what_holds(place: str, after: str) -> None:
    """Words of their own, before and after quotes, comments and here-documents that are over."""
    assert open_to_the_shell(f"cat <<-'EOF'\nx $( \"\n\tEOF\n{place}{after}") == ()


@pytest.mark.parametrize("place", [*PLACES[3:11], *PLACES[12:15], *PLACES[16:21], *PLACES[23:]])
def test_an_author_is_told_of_what_does_not(place: str) -> None:
    """`check` refuses the file (T1)."""
    assert "vars.x" in open_to_the_shell(place)
