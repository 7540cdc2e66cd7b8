"""Rules about what goes wrong: signatures that cannot be walked around, ways back, and exits that do no harm."""

import re
from collections.abc import Iterator
from functools import cache

from bot.format.pieces import Exec, Http
from bot.format.runbook import Alone, Check, Decide, Do, End, RunStep, Signoff, Step, StepBase, Wait, Work
from bot.format.ways import reached
from bot.library.check.page import CheckedRunbook, named
from bot.library.rules import Found, rule

_CHANGES = frozenset({"change", "destroy"})
_BACKUP = re.compile(
    r"backup|back-up|snapshot|\bcop(?:y|ies)\b|replica|restore|recovery point|version|marker|archive|\bdump",
    re.IGNORECASE,
)
"""Words of a step that looks at what the recovery leans on."""
_READ_FIRST = (
    "a `check` before it that reads the backup or the restored copy, and calls it so: backup, snapshot, copy …"
)


def _changing(page: CheckedRunbook) -> Iterator[tuple[int, RunStep]]:
    for number, step in enumerate(page.book.steps):
        if isinstance(step, RunStep) and step.effect in _CHANGES:
            yield number, step


@rule("F1", whole=True)
def destruction_is_signed(page: CheckedRunbook) -> Iterator[Found]:
    """A `destroy` step is named in the `binds` of a sign-off. One person alone does not destroy data.

    Source: NIST SP 800-53 Rev. 5, AC-3(2), dual authorization.
    """
    for number, step in _changing(page):
        if step.effect == "destroy" and step.id not in page.book.signoffs_of:
            message = f"{named(step)} destroys, and no sign-off binds it."
            yield page.path(number, "effect"), message, f"binds: {{steps: [{step.id}]}} on a `signoff` before it"


@rule("F2", whole=True)
def bound_steps_lie_behind_their_signoff(page: CheckedRunbook) -> Iterator[Found]:
    """A step named in a `binds` is reached only by passing that sign-off. Any other way would be the one taken.

    Source: dominance in flow graphs, as compilers compute it (Lowry and Medlock, Communications of the ACM 12(1),
    1969).
    """
    for number, step in enumerate(page.book.steps):
        if not isinstance(step, Signoff) or not step.binds.steps:
            continue
        free = reached(page.cut({(number, "approved")}), page.starts)
        for at, bound in enumerate(step.binds.steps):
            if page.number.get(bound) in free:
                message = f"“{bound}” can be reached without the approval of {named(step)}."
                yield page.path(number, "binds", "steps", at), message, "exits that lead to it only from `approved`"


@rule("F3", live=True)
def changes_can_be_undone(page: CheckedRunbook) -> Iterator[Found]:
    """A step that changes or destroys has an `undo` or says why it has none. It is read before the click.

    Source: AWS Well-Architected, OPS06-BP01: plan for unsuccessful changes.
    """
    for number, step in _changing(page):
        if step.undo is None:
            message = f"{named(step)} does not say how it is taken back."
            yield page.path(number, "effect"), message, 'undo: {step: …}, undo: {argv: […]} or undo: {none: "why"}'


@rule("F4")
def only_repeatable_steps_are_retried(page: CheckedRunbook) -> Iterator[Found]:
    """Only what may run twice is tried again by itself, and never what destroys: each of its starts is signed for.

    Source: RFC 9110, section 9.2.2, on what a client may send again; AWS Well-Architected, REL04-BP04.
    """
    for number, step in enumerate(page.book.steps):
        if isinstance(step, RunStep) and step.retry is not None and not step.idempotent:
            message = f"{named(step)} is tried again, and nothing says that it may run twice."
            yield page.path(number, "retry"), message, "idempotent: true if it may run twice, else no `retry`"
        elif isinstance(step, RunStep) and step.retry is not None and step.effect == "destroy":
            message = f"{named(step)} destroys and is tried again: each of its starts is signed for."
            yield page.path(number, "retry"), message, "no `retry`, and a `fail` exit that leads to a person"


@rule("F11")
def only_repeatable_steps_are_tried_again(page: CheckedRunbook) -> Iterator[Found]:
    """`again` stands where a further attempt does no harm: not on what destroys, or may not run twice, or is a blind
    answer, which would come to be a guess.
    """  # noqa: D205 (one sentence too long for a line)
    for number, step in enumerate(page.book.steps):
        if not isinstance(step, Work) or step.again is None:
            continue
        if isinstance(step, RunStep) and (step.effect == "destroy" or not (step.idempotent or step.effect == "read")):
            message = f"{named(step)} is tried again, and nothing says that it may run twice."
            yield page.path(number, "again"), message, "idempotent: true if it may run twice, else no `again`"
        elif isinstance(step, Do) and step.answer is not None and step.answer.blind:
            yield page.path(number, "again"), f"{named(step)} asks blindly, and could be guessed.", "no `again`"


@rule("F5")
def failures_lead_elsewhere(page: CheckedRunbook) -> Iterator[Found]:
    """A failure exit does not lead to its own step. What failed just now fails again. `unsure` may: it is an answer."""
    for number, exits in enumerate(page.exits):
        step = page.book.steps[number]
        for exit_, target in exits:
            if target == step.id and exit_ in _FAILED:
                hint = f"{exit_}: {page.book.exception if page.book.exception != step.id else '…'}"
                yield page.exit_path(number, exit_), f"“{exit_}” of {named(step)} leads back to itself.", hint


_FAILED = frozenset({"problem", "fail", "timeout", "rejected", "expired"})


@rule("F6", whole=True)
def unknown_states_are_looked_at(page: CheckedRunbook) -> Iterator[Found]:
    """The `timeout` of a changing step leads to a read, a person or `exception`. Nobody knows yet what it has done.

    Source: RFC 9110, section 9.2.2: what may have taken effect is not sent again before somebody knows.
    """
    for number, step in _changing(page):
        target = page.book.target(step, "timeout")
        unread = next(_acts_unread(page, target), None)
        if unread is not None:
            message = f"When {named(step)} times out, “{unread.id}” comes next, and nobody has looked."
            yield page.exit_path(number, "timeout"), message, f"timeout: {page.book.exception}, or a `check` that looks"


def _acts_unread(page: CheckedRunbook, start: str) -> Iterator[Step]:
    """Steps that act before anybody has looked; `branch`, `notify` and a plain `wait` look at nothing."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        id_ = waiting.pop()
        if id_ in seen or id_ == page.book.exception or id_ not in page.number:
            continue
        seen.add(id_)
        step = page.book.steps[page.number[id_]]
        if isinstance(step, Alone) or (isinstance(step, Wait) and step.poll is None):
            waiting += [target for _, target in page.exits[page.number[id_]]]
        elif not _looks(step):
            yield step


def _looks(step: StepBase) -> bool:
    return isinstance(step, Do | Decide | Signoff | Check | Wait) or (
        isinstance(step, RunStep) and step.effect == "read"
    )


@rule("F7", whole=True, live=True)
def recovery_is_verified(page: CheckedRunbook) -> Iterator[Found]:
    """`recovered` comes after a verification by somebody who did not operate, and after every `destroy`.

    A verification is a sign-off that the operator may not give and that binds no steps (or `mode: after`), or a `do` of
    another role with an answer that is compared, or with evidence. Who did the work sees what they expect to see.

    Source: DOE-STD-1036-93, Guide to Good Practices for Independent Verification.
    """
    steps = page.book.steps
    verified = {(number, exit_) for number, step in enumerate(steps) if (exit_ := _verifies(page, step))}
    destroyed = [number for number, step in _changing(page) if step.effect == "destroy"]
    edges = page.cut(verified)
    unverified = reached(edges, {0, *destroyed} & set(range(len(steps))))
    for number, step in enumerate(steps):
        if isinstance(step, End) and step.outcome == "recovered" and number in unverified:
            message = (
                f"{named(step)} says recovered, and can be reached before anybody but the operator has verified it."
            )
            yield (
                page.path(number, "outcome"),
                message,
                "a `signoff` of the data owner with `mode: after` on every way here",
            )


def _verifies(page: CheckedRunbook, step: StepBase) -> str | None:
    """The exit by which a step verifies the recovery."""
    if isinstance(step, Signoff):
        barred = page.book.forbidden(step)
        after = step.mode == "after" or not step.binds.steps
        return "approved" if after and "operator" in barred else None
    if isinstance(step, Do) and step.who != "operator" and step.id != page.book.exception:
        compared = step.answer is not None and (step.answer.blind or step.expect is not None)
        return "ok" if compared or step.evidence == "required" else None
    return None


@rule("F10", live=True)
def commands_have_a_limit(page: CheckedRunbook) -> Iterator[Found]:
    """A `run` has a `timeout`. After it nobody knows what the command did, and a person looks; without it nobody would.

    An endless default is a known trap of other engines. Source: AWS Well-Architected, REL05-BP05: set client timeouts.
    """
    for number, step in enumerate(page.book.steps):
        if isinstance(step, RunStep) and step.timeout is None:
            message = f"{named(step)} does not say after how long its outcome counts as unknown."
            yield page.path(number, "run"), message, "timeout: 5m"


@rule("F9", "warning", whole=True)
def backups_are_read_before_destruction(page: CheckedRunbook) -> Iterator[Found]:
    """Before a `destroy`, a check reads the backup that the recovery leans on. Many backups fail when read.

    Source: Google, Site Reliability Engineering (2016), chapter 26; AWS Well-Architected, REL09-BP04: backups are read
    back to know that they can be.
    """
    destroyed = [(number, step) for number, step in _changing(page) if step.effect == "destroy"]
    if not destroyed:
        return
    reads = {(number, "ok") for number, step in enumerate(page.book.steps) if _reads_backup(step)}
    unread = reached(page.cut(reads), page.starts)
    for number, step in destroyed:
        if number in unread:
            message = f"{named(step)} can be reached before a check has read the backup."
            yield page.path(number, "effect"), message, _READ_FIRST


def _reads_backup(step: StepBase) -> bool:
    match step:
        case Check() | Wait() | Do():
            return _names_backup(_words_of(step))
        case RunStep(effect="read"):
            return _names_backup(_words_of(step))
        case _:
            return False


@cache
def _names_backup(words: str) -> bool:
    return _BACKUP.search(words) is not None


def _words_of(step: Work) -> str:
    """Title and command of a step."""
    poll = step.poll if isinstance(step, Wait) else None
    how: Exec | Http | None = None
    if isinstance(step, Check | RunStep):
        how = step.exec or step.http
    elif poll is not None:
        how = poll.exec or poll.http
    said = " ".join(how.argv) if isinstance(how, Exec) else how.url if isinstance(how, Http) else ""
    return f"{step.title} {said} {step.command or ''}" if isinstance(step, Do) else f"{step.title} {said}"
