"""Commands made by chance: sound and odd ones alike, in each of which a typed value stands somewhere."""

from random import Random

HOLE = "{{ vars.note }}"
HOSTILE = (
    "a[$(touch PWN)]", "$(touch PWN)", "`touch PWN`", "; touch PWN ;", "' ; touch PWN ; '", '" ; touch PWN ; "',
    "x\ntouch PWN\n", "x\ntouch PWN", "'\"$(touch PWN)\"'", "\\'; touch PWN #", "EOF\ntouch PWN\n", "E\ntouch PWN",
    ") ; touch PWN ; (", "|touch PWN", "&touch PWN",
    "$(touch${IFS}PWN)", "# \n touch PWN", "touch PWN", "alpha beta  gamma",
    "x[`touch PWN`]=1", "-v", "=touch", "~root", "*", "{a,b}", "!!", "$NOTED", "\\", "\\! touch PWN", "$_",
    "1e touch PWN", 'BEGIN{system("touch PWN")}', "-exec touch PWN ;", "s/x/touch PWN/e", "2", "PATH=x[$(touch PWN)]",
    "\u2019; touch PWN", "\\\ntouch PWN", "x' \\\n; touch PWN ; '", "}; touch PWN; {", "%s$(touch PWN)", "[*]",
)  # fmt: skip
"""What somebody might type. None of it may be run, and each has to arrive as it is."""

_USUAL = 0.8
_WRITTEN_OUT = 0.97
_PROGRAMS = (
    "show", "show", "grep", "logme", "deploy", "restore", "show", "echo", "'show'", "sho\\w", "env show",
    "nice -n 5 show", "timeout 5 show", "sudo -u x show", "nohup show", "command show", "time show", "! show",
    "env A=1 show", "let", "eval", "test", "[", "[[", "declare", "declare -i", "typeset -i", "export", "readonly",
    "local", "unset", "read", "trap", "printf", "printf %d", "printf -v", "exec", "set --", "source", ".", "sh -c",
    "bash -c", "ssh host", "su - x -c", "psql -c",
    "psql -v n=", "xargs -I{} sh -c", "find . -exec sh -c", "awk", "sed",
    "exit", "return", "shift", "let a=", "env sh -c", "nice let", "command test -v", "command eval", "env -S",
    "sudo sh -c", "sudo ssh host", "alias x=", "cd", "mapfile -C", "print -P", "float", "integer n=", "builtin eval",
    "sort", "tar cf /dev/null", "$SHOW", "{ show; }", "((",
    "$((", "exec show", "coproc show", "ulimit", "sleep", "kill",
    "export A=", "A=1 show", "[ -v", "test -v", "[[ -v", "[[ 1 -eq", "[ 1 -eq", "case", "select x in", "for x in",
)  # fmt: skip
_WORDS = (
    "a", "-x", "--", "--name", "'it is'", '"and so"', "-gt", "0",
    "]", "]]", "x=1", '"$HOME"', "$HOME", "\\'", "-v", "-c",
    "EOF", "#no", "a#b", "{a,b}", "~", "*", "$_", '"$_"',
    "!x", "-exec", "\\;", "$(show a)", '"$(show b)"', "))", "}", "%s",
)  # fmt: skip
_AROUND = (
    "{}", "{}", "{}", "{}", "{}", "{}", "a{}b", "--name={}", "'x '{}' y'", '"x "{}', "x={}", "a/{}", "'{}'", '"{}"',
    '"$(show {})"', "$(show {})", "`show {}`", "\\{}", "$'{}'",
    "$'it\\'s' {}", "${}", "$HOME{}", "${{x:-{} }}", "$(( {} ))",
    "$[ {} ]", "~{}", "[{}]*", "{{a,{} ,b}}", "={}", '"\\"" {}',
    "'\\' {}", "# {}", "#{}", "> {}", "<<< {}", "{}>x", "2{}>x",
    "<({})", "it\\'s {}", "-{}", "!{}", "a[{}]=1", "{}=1",
    "{} {}", "; # {}", "|# {}", "&# {}", "&&#{}", ";#'{}'", "(#{}\n)",
)  # fmt: skip
_BEHIND = (
    "", "", "", "", " > out", " >> out",
    " 2>&1", " | wc", " | cat", " | sh", " | xargs sh -c", " | while read x; do $x; done",
    " | tee f; sh f", " > f; . ./f", " > f; sh f", " && show done", " || show done", " &", "; show $_", "; eval $_",
    '; eval "$_"', "\nshow after", "; [ -f x ]", " # 'tis",
    ' # "', " <<EOF\nx\nEOF", " <<'E O'\nx\nE O", " <<-E\n\tx\n\tE",
    " <<E\n$(show y)\nE", " <<EOF\n{}\nEOF", ' <<"E"\n{}\nE\n', " <<E-F\nit's\nE-F\nshow {}", " <<$x\nx\n$x\nshow {}",
    " | psql", "; cat out | sh", " < /dev/null",
    " | { cat; }", " | (sh)", "; x=$(cat out); eval $x", " | read x; eval $x",
    "; fc -s", '; let "$(cat out)"', "; exec > f; show {}; sh f", " <<\\E\n'\nE\nshow {}",
)  # fmt: skip
_WITHIN = (
    "{}", "{}", "{}", "{}", "{}", "( {} )", "{{ {}; }}", "if true; then {}; fi", "for i in 1 2; do {}; done",
    "while {}; do break; done", "until {}; do break; done", "show a && {}",
    "show a; {}", "show \"it's\"\n{}", "cd . && {}",
    "set -eu\n{}", "set -k\n{}", "f() {{ {}; }}; f",
    "case a in a) {};; esac", "! {}", "show 'a\nb'\n{}", "show a | {}",
    "alias show=eval\n{}", "show $({})", "show `{}`", "NOTE=" + "{hole}" + " {}", "A=" + "{hole}" + "; {}", "time {}",
    "export A=" + "{hole}" + "; {}; [[ $A -gt 0 ]]", "cat <<'EOF'\nit's \" $( `\nEOF\n{}",
    "# it's\n{}", "trap {} EXIT",
    "NOTE=" + "{hole}" + " let x=NOTE; {}", "PATH=" + "{hole}" + " {}",
    "show \\\n  a; {}", "enable -n echo; {}", "eval '{}'",
    'eval "{}"', "sh -c '{}'",
    "time -p {}", "if {}; then show a; elif {}; then show b; else show c; fi", "HISTSIZE={hole} {}",
)  # fmt: skip


def _put(frame: str, inside: str) -> str:
    return (
        frame.replace("{hole}", HOLE)
        .replace("{{ vars.note }}", "\0")
        .replace("{{", "\1")
        .replace("}}", "\2")
        .replace("{}", inside)
        .replace("\1", "{")
        .replace("\2", "}")
        .replace("\0", HOLE)
    )


_CALM = {_PROGRAMS: 19, _WORDS: 6, _AROUND: 12, _BEHIND: 9, _WITHIN: 17}
"""How many of each list come first that are usual; the others make most commands one that is refused."""


def _one_of(chance: Random, listed: tuple[str, ...]) -> str:
    usual = chance.random() < _USUAL
    return chance.choice(listed[: _CALM[listed]] if usual else listed)


def any_command(chance: Random) -> str:
    """One command; most hold the value in one place, some in two."""
    words = [_one_of(chance, _WORDS) for _ in range(chance.choice((0, 0, 1, 1, 2, 3)))]
    words.insert(chance.randint(0, len(words)), _put(_one_of(chance, _AROUND), HOLE))
    program = _one_of(chance, _PROGRAMS) if chance.random() < _WRITTEN_OUT else HOLE
    glue = "" if program.endswith("=") else " "
    command = program + glue + " ".join(words) + _put(_one_of(chance, _BEHIND), HOLE)
    return _put(_one_of(chance, _WITHIN), command)
