"""Which programs read what they are handed a second time, and which run another one.

Nothing here makes a program safe by being left out of a list of dangers alone: what a word means to a program that the
lists do not know is its own affair, as long as the shell hands it over whole. The lists hold what would run it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


def _names(words: str) -> frozenset[str]:
    """Names in a text, which is easier on the eye than a list of quoted ones."""
    return frozenset(words.split())


HARMLESS_BUILTINS = frozenset({"echo", "true", "false", ":"})
"""Builtins that take words as words."""

EVALUATING_BUILTINS = _names(
    """
    . [ [[ alias autoload bg bind break builtin bye caller cd chdir compgen complete compopt compound continue
    coproc declare dirs disable disown echotc echoti emulate enable enum eval exec exit export fc fg float functions
    getln getopts global hash hist history integer jobs kill let limit local logout mapfile nameref newgrp noglob
    popd print printf pushd pushln pwd r read readarray readonly rehash repeat return sched set setopt shift shopt
    sleep source stop suspend test times trap ttyctl type typeset ulimit umask unalias unfunction unhash unlimit
    unset unsetopt vared wait whence where zcompile zformat zle zmodload zparseopts zprof zpty zregexparse zsocket
    zstyle ztcp
    """
)  # fmt: skip
"""Builtins of bash, dash, ksh, mksh or zsh that evaluate a word, define something by it, or take it as a number."""

_READERS = _names(
    """
    sh ash bash rbash dash ksh ksh93 mksh oksh pdksh yash zsh csh tcsh fish elvish nu xonsh pwsh powershell cmd
    busybox su runuser ssh autossh mosh plink dbclient sshpass rsh rlogin telnet pdsh pssh parallel-ssh clush dsh
    rsync scp sftp lftp ftp ansible ansible-console salt salt-call salt-run knife fab bolt mco saltssh teleport tsh
    xargs parallel watch flock script scriptreplay at batch crontab systemd-run machinectl nsenter unshare
    start-stop-daemon daemonize entr inotifywait incrontab screen tmux expect unbuffer strace ltrace gdb lldb
    valgrind perf awk gawk mawk nawk original-awk sed ed ex red vi vim nvim view vimdiff rvim emacs nano less more
    most man info m4 bc dc make gmake bmake cmake ninja just rake ant mvn gradle npm npx yarn pnpm deno bun ts-node
    go cargo python perl ruby node nodejs php lua luajit tclsh wish guile racket scheme sbcl clisp erl elixir iex R
    Rscript julia octave gnuplot groovy scala kotlin jshell java osascript cscript wscript psql mysql mariadb
    mysqlsh sqlite3 sqlite sqlplus sqlcl sqlcmd isql bcp cqlsh mongo mongosh redis-cli valkey-cli clickhouse
    clickhouse-client influx duckdb db2 hive beeline spark-sql presto trino snowsql bq usql pgcli mycli litecli mc
    mutt mail mailx mailq nc ncat netcat socat tcpdump nmap git hg svn fossil zip openssl vagrant packer terraform
    tofu nomad consul-template envconsul watchexec doas-edit sudoedit visudo vipw vigr runcon setpriv capsh firejail
    bwrap proot fakeroot chrt taskset numactl prlimit cgexec setuidgid chpst softlimit envdir setlock s6-setuidgid
    tini dumb-init catchsegv eatmydata xvfb-run pkexec torsocks torify proxychains proxychains4 faketime systemd-cat
    dbus-run-session busctl caffeinate retry toybox op aws-vault direnv uv uvx pipx poetry pdm hatch conda mamba bundle
    rbenv pyenv asdf mise nix nix-shell guix consul logrotate insmod modprobe gcc g++ cc clang pg_ctl postgres
    impala-shell patronictl yq zkCli.sh restic apt-get aptitude
    """
)  # fmt: skip
_READS_BY_VERSION = re.compile(
    r"(?:python|pypy|perl|ruby|php|lua|node|tclsh|wish|guile|bash|ksh|zsh|psql|gawk|vim)[0-9.-]+\w*"
)

_IN_A_CONTAINER: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("docker", "podman", "nerdctl", "docker-compose", "podman-compose", "kubectl", "oc", "k3s", "k0s", "microk8s",
         "crictl", "ctr", "lxc", "incus", "lxc-attach", "pct", "qm", "virsh", "vzctl", "runc", "heroku", "fly", "cf",
         "eb", "gcloud", "az", "aws", "oci", "doctl", "multipass", "limactl", "colima", "singularity", "apptainer"),
        _names(
    """
    exec run create debug attach ssh rsh shell enter guest agent compose build buildx ssm send-command edit
    execute-command start-session run-command invoke console lxc-attach qemu-agent-command sh cp commit config
    update-function-code create-function run-instances user-data set
    """
),
    ),
}  # fmt: skip
"""Programs that run others elsewhere, and the words with which they do."""

_RUN_BY_OPTION = frozenset({"tar", "bsdtar", "cpio", "curl", "wget", "sort", "find", "ip", "rpm", "dpkg", "apt", "dnf"})
"""Programs whose options can start others: free text stands behind `--` or behind the author's own words."""

_FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-fprintf", "-fprint", "-fprint0", "-fls"})
_OPTION_RUNS = re.compile(
    r"--?(?:command|exec|execute|eval|expression|init-command|pre-command|post-command|rsh|shell|script|to-command|"
    r"use-compress-program|compress-program|checkpoint-action|rsync-path|upload-pack|receive-pack|config|"
    r"proxy-?command|hook|pager|editor|filter|wrapper|post-renderer|pre-invoke|post-invoke|rsync-options|ssh-options|remote-schema|photo-viewer|recovery-option|"
    r"(?:[a-z0-9]+-)*(?:cmd|command|ssh|askpass)(?:-[a-z0-9]+)*)(?:=|\Z)"
)
_WRITERS = frozenset({"tee", "dd", "sponge", "split", "csplit", "install", "cp", "mv", "ln", "patch"})
_RUNS_FILES = frozenset({".", "source", "eval"})
_TAKES_LINES = frozenset({"read", "mapfile", "readarray", "getln", "vared"})

_HANDED_IN: Mapping[str, re.Pattern[str]] = {
    "psql": re.compile(r"(?:(?:-v|--set|--variable)\0|(?:-v|--set=|--variable=))[A-Za-z_][A-Za-z0-9_]*="),
    "jq": re.compile(r"--arg\0[A-Za-z_][A-Za-z0-9_]*\0"),
}
"""How a program that reads its words is handed one all the same: the words before it, NUL between them."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that runs the one behind its own options."""

    valued: frozenset[str] = frozenset()
    """Options with a word of their own behind them."""
    flags: frozenset[str] = frozenset()
    words: int = 0
    """Words before the program."""
    assigns: bool = False
    """It takes NAME=VALUE before the program."""


def _wrapper(valued: str = "", flags: str = "", *, words: int = 0, assigns: bool = False) -> Wrapper:
    return Wrapper(_names(valued), _names(flags), words, assigns)


WRAPPERS: Mapping[str, Wrapper] = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --chroot",
        "-n -E -H -b -A -k -P --non-interactive --preserve-env --set-home --", assigns=True,
    ),
    "doas": _wrapper("-u -C", "-n --"),
    "env": _wrapper("-u -C --unset --chdir", "-i - --ignore-environment --", assigns=True),
    "nice": _wrapper("-n --adjustment", "--"),
    "ionice": _wrapper("-c -n --class --classdata", "-t --ignore --"),
    "nohup": _wrapper(flags="--"),
    "setsid": _wrapper(flags="-w -f -c --wait --fork --ctty --"),
    "stdbuf": _wrapper("-i -o -e", "--"),
    "timeout": _wrapper("-k -s --kill-after --signal", "--foreground --preserve-status -v --verbose --", words=1),
    "chroot": _wrapper(flags="--", words=1),
    "gosu": _wrapper(words=1),
    "su-exec": _wrapper(words=1),
    "command": _wrapper(flags="-p --"),
}  # fmt: skip

_READ_FROM_THE_ENVIRONMENT = re.compile(
    r"\w*(?:PATH|ENV|OPTS?|OPTIONS|ARGS|FLAGS|COMMAND|CMD|SHELL|PAGER|EDITOR|ASKPASS|RSH|SSH|PROXY|PRELOAD|HOOK|"
    r"PROMPT|HOME|DIR|CONFIG|RC|STARTUP|INIT|BROWSER|VISUAL|AUDIT)\w*"
    r"|IFS|R?PS[0-9]?|LD_\w+|DYLD_\w+|GIT_\w+|BASH\w*|LESS\w*|PERL\w*|PYTHON\w*|RUBY\w*|NODE\w*|JAVA\w*|JDK\w*|"
    r"TAR\w*|MAKE\w*|MAN\w*|TERM\w*|LC_\w+|LANG\w*|TMP\w*|TEMP\w*|ZLE\w*|ZSH\w*|HIST\w*|SAVEHIST|MAIL\w*|"
    r"RANDOM|S?RANDOM|SECONDS|OPT\w*|LINENO|COLUMNS|LINES|TIMEFMT|\w*NULLCMD|TMOUT|E?UID|E?GID|PPID|PIPESTATUS|"
    r"FUNCNEST|LISTMAX|LOGCHECK|BAUD|KEYTIMEOUT|M?BEGIN|M?END|ERRNO|SHLVL|EPOCH\w*|FCEDIT|STTY|WATCH\w*|WORDCHARS|"
    r"USER\w*|PGRP|KSH\w*|COMP\w*|TTYIDLE|ARGC|JOBMAX|SIGNO|SUBSHELL|TRY_\w+|ZPROF\w*|HOST\w*|PS\w*"
)
"""Variables that name programs, files or code to somebody, or that a shell reads by arithmetic when they are set."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def name_of(program: str) -> str:
    """The last part of a program's path."""
    return program.rpartition("/")[2]


def is_reader(name: str) -> bool:
    """Whether this program runs, or hands to another shell, what it is given."""
    return name in _READERS or name in _RUNS_FILES or _READS_BY_VERSION.fullmatch(name) is not None


def reads_files(name: str) -> bool:
    """Whether this program may run, or a shell evaluate, what stands in a file."""
    return is_reader(name) or name in _TAKES_LINES


def is_builtin(name: str) -> bool:
    """Whether a shell would do this itself, and so see what is assigned in front."""
    return name in EVALUATING_BUILTINS or name in HARMLESS_BUILTINS


def is_evaluating(name: str) -> bool:
    """Whether this builtin does more with a word than hand it on."""
    return name in EVALUATING_BUILTINS


def writes_files(name: str) -> bool:
    """Whether what this program is handed may end in a file."""
    return name in _WRITERS


def runs_elsewhere(name: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words makes this program run something that stands behind it."""
    if name == "find":
        return bool(_FIND_RUNS.intersection(words))
    return bool(_IN_A_CONTAINER.get(name, frozenset()).intersection(words))


def runs_by_option(name: str) -> bool:
    """Whether an option of this program could start another."""
    return name in _RUN_BY_OPTION


def option_runs(word: str) -> bool:
    """Whether a program runs the value of this option, as far as its name says so."""
    return _OPTION_RUNS.match(word) is not None


def is_handed_in(name: str, before: tuple[str, ...], begins: str) -> bool:
    """Whether a value is handed in as data: ``psql -v name=…``, ``jq --arg name …``.

    `before` are the words before it, `begins` what its own word holds in front of it.
    """
    form = _HANDED_IN.get(name)
    ways = ("\0".join((*before[len(before) - back :], begins)) for back in range(min(len(before), 2) + 1))
    return form is not None and any(form.fullmatch(way) for way in ways)


def hands_in(name: str) -> bool:
    """Whether the program has a language of its own, and a way to hand a value in as data."""
    return name in _HANDED_IN


def may_be_assigned(variable: str) -> bool:
    """Whether a variable of this name is mere data to programs and shells alike, as far as anybody knows."""
    return _VARIABLE.fullmatch(variable) is not None and _READ_FROM_THE_ENVIRONMENT.fullmatch(variable) is None
