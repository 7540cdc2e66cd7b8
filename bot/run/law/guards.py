"""What has to be so before something may happen, each with the sentence for the person when it is not."""

from bot.format.runbook import Signoff, Step
from bot.format.shapes import TypedField, read_instant
from bot.format.values import BadValue, parse_value
from bot.run.commands import AddNote, AskHelp, Command, Here, Refused, Reject, ReviewGlass, Sign
from bot.run.law.authorise import signing_attempt
from bot.run.law.offers import ends_to_ask, unknown_since
from bot.run.law.scope import names_said, title_of
from bot.run.law.signing import barred_people, why_barred
from bot.run.places import AtStep, AwaitingSignature, Over
from bot.run.situation import Stamp, is_unverified
from bot.run.state import Run

_INSTANT = TypedField(type="timestamp")


def require_open(run: Run, command: Command) -> None:
    """An ended run takes notes and the review of a broken glass, and nothing else."""
    if isinstance(run.here, Over) and not isinstance(command, AddNote | ReviewGlass):
        outcome = f"{run.here.outcome.replace('_', ' ')}, by {run.name_of(run.here.by)}"
        raise Refused(f"{run.start.ref} ended at {run.here.at:%H:%M} UTC ({outcome}). You can still add a note.")


def require_current(run: Run, command: Here) -> None:
    """The step and visit that were pressed are where the run stands; else the sentence says who moved on and when."""
    here = run.here
    if isinstance(here, Over) or (here.step == command.step and here.visit == command.visit):
        if run.paused is not None and not isinstance(command, Sign | Reject | AskHelp):
            raise Refused(f"{run.name_of(run.paused.by)} paused this run: {run.paused.reason} Press Resume first.")
        return
    now = title_of(run, here.step)
    left = next((one for one in reversed(run.done) if (one.step, one.visit) == (command.step, command.visit)), None)
    if left is None:
        message = f"The run is not at that step. It is now at “{now}”."
    else:
        said = f" ({left.said})" if left.said else ""
        how = f"{run.name_of(left.by)} finished this step at {left.until:%H:%M} UTC{said}"
        message = f"{how}. The run is now at “{now}”."
    raise Refused(message)


def require_place(run: Run, *, began: bool | None = None) -> tuple[AtStep, Step]:
    """The visit that waits for a person, and its step."""
    here = run.here
    if not isinstance(here, AtStep):
        raise Refused("This step does not wait for that.")
    if began is True and here.began is None:
        raise Refused("Press Begin before you start, so that the others know.")
    if began is False and here.began is not None:
        raise Refused(f"{run.name_of(here.began_by)} began this at {here.began:%H:%M} UTC.")
    return here, run.book.by_id[here.step]


def require_name(run: Run, typed: str) -> None:
    """The asset's name (or id) was typed, so that a destructive click is never the wrong window's."""
    asset = run.start.asset
    if typed.strip().casefold() not in (asset.name.casefold(), asset.id.casefold()):
        raise Refused(f"Type the name of the asset that this changes: {asset.name}", field="typed")


def require_decision(words: str) -> None:
    """Nobody is sent back from the hold without a word: what was decided stands on the card."""
    if not words.strip():
        raise Refused("Write what was decided, so that the next one does not go round again.", field="note")


def require_end(run: Run, end: str) -> None:
    """An end that may be asked for: from the hold, any of the runbook's but those that say it is recovered."""
    if not run.here_is(run.book.exception):
        raise Refused("An end is asked for where the run holds. Press There is a problem first.")
    if end not in ends_to_ask(run):
        raise Refused("Choose one of the ends of this runbook. That all is recovered, its own steps have to show.",
                      field="end")  # fmt: skip


def require_look(run: Run, target: str, look: str) -> None:
    """Nobody goes back over a step whose outcome is unknown without writing down what they found."""
    unknown = unknown_since(run, target)
    if unknown and not look.strip():
        titles = ", ".join(f"“{title_of(run, step)}”" for step in unknown)
        raise Refused(f"Nobody knows yet how {titles} ended. Look first, then write down what you found.", field="look")


def require_asking(run: Run, command: Sign | Reject, stamp: Stamp) -> tuple[AwaitingSignature, Signoff]:
    """The open request, if this person may answer it. Attempts of others are refused to them and recorded."""
    here = run.here
    step = None if isinstance(here, Over) else run.book.by_id[here.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        raise Refused("There is nothing to sign at this step.")
    if run.approved_here:
        raise Refused("This was approved already. The run goes on by itself in a moment.")
    if stamp.by in barred_people(run, step):
        message = say_barred(run, step, stamp.by)
    elif stamp.by not in here.eligible:
        message = f"This needs the {' or '.join(step.from_).replace('_', ' ')}: {names_said(run, here.eligible)}."
    elif stamp.at >= here.expires_at:
        raise Refused(f"This request expired at {here.expires_at:%H:%M} UTC. It has to be asked for again.")
    elif isinstance(command, Sign) and is_unverified(run.operator):
        # Otherwise one person could operate under the name of a machine and sign under their own.
        sentence = f"{run.name_of(run.operator)} operates this run without having logged in, and could be anybody. "
        raise Refused(sentence + "Somebody known has to press Take over first (handrail login); then you can sign.")
    else:
        return here, step
    raise Refused(message, *signing_attempt(run, command, stamp.by, message))


def say_barred(run: Run, step: Signoff, person: str) -> str:
    """To somebody who may not sign: what keeps them off."""
    why = why_barred(run, step)[person]
    if why.startswith("gave"):
        return f"You {why}, so someone else has to sign."
    if why.startswith("is of"):
        return f"The runbook lets nobody sign who {why}, so someone else has to."
    return "You started or ran this run, so someone else has to sign."


def require_unbarred(run: Run, step: Signoff, person: str) -> None:
    """Whoever may not sign does not break the glass for it either."""
    if run.approved_here:
        raise Refused("This was approved already. The run goes on by itself in a moment.")
    why = why_barred(run, step).get(person)
    if why is not None:
        raise Refused(f"Somebody who {why} cannot break the glass here. Another lead has to.")


def require_readback(run: Run, step: Signoff, typed: str) -> None:
    """What the signer typed is what is being signed; the sentence never tells the right value."""
    wrong = "That is not what is being signed. Read it on the post and type it as it stands there."
    if step.readback is None:
        asset = run.start.asset
        if typed.strip().casefold() not in (asset.id.casefold(), asset.name.casefold()):
            raise Refused(wrong, field="readback")
        return
    field, value = run.book.fields.get(step.readback), run.vars.get(step.readback)
    if value is None or field is None:
        raise Refused(
            f"“{step.readback}” has no value, so it cannot be signed. Reject it and say so.", field="readback"
        )
    try:
        same = parse_value(field, typed) == value or str(value) == typed.strip()
    except BadValue as bad:
        raise Refused(str(bad), field="readback") from None
    if not same and not _same_instant(field.type, typed, str(value)):
        raise Refused(wrong, field="readback")


def _same_instant(kind: str, typed: str, value: str) -> bool:
    """Whether two instants are one, written with different offsets."""
    if kind != "timestamp":
        return False
    return read_instant(parse_value(_INSTANT, typed)) == read_instant(value)


def require_begun_is_over(run: Run) -> None:
    """A command that was begun is said to have ended before the run leaves it."""
    if isinstance(run.here, AtStep) and run.here.began is not None:
        raise Refused(f"{run.name_of(run.here.began_by)} began this step: say how it ended before you go back.")
