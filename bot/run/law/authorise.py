"""Who may ask for what: asked on every path, before anything else is decided."""

from typing import assert_never

from bot.format.catalogue import CLOCK
from bot.format.moments import say_moment
from bot.format.runbook import RunStep, Signoff
from bot.run import commands
from bot.run.events import SigningRefused
from bot.run.law.reviewing import kept_from_review, reviewers
from bot.run.law.scope import names_said
from bot.run.law.signing import barred_people, why_barred
from bot.run.members.rules import leads_since_the_start, one_with_operators, outside_leads, say_to
from bot.run.paging.ladder import may_answer
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import Stamp, is_unverified, what_to_write
from bot.run.state import Run

MOST_ATTEMPTS = 10
_FOR_ONE_PERSON = (
    commands.Sign
    | commands.Reject
    | commands.BreakGlass
    | commands.ReviewGlass
    | commands.Watch
    | commands.Accept
    | commands.AnswerPage
    | commands.DeclinePage
    | commands.LetSomebodyIn
    | commands.SettlePeople
    | commands.AnswerEnd
)
"""What takes one certain person."""


def authorise(run: Run, command: commands.Command, stamp: Stamp) -> None:
    """Refused, with who may instead, unless `stamp.by` may ask for this. Signing has rules of its own in `decide`."""
    if isinstance(command, commands.ClockCommand):
        _require(stamp.by == CLOCK, "Only Handrail's own clock does this.")
        return
    if isinstance(command, commands.Erase):
        at_terminal = stamp.via == "terminal" and stamp.by != CLOCK
        _require(at_terminal, "Words are erased at a terminal, by whoever runs Handrail: handrail redact REF SEQ")
        return
    if stamp.unverified:
        _require_verified(run, command, stamp.by)
        if isinstance(command, commands.TakeOver):
            return
    else:
        _require_known(run, command, stamp.by)
    if isinstance(command, commands.Start):
        return
    if isinstance(command, commands.StepCommand):
        _authorise_step(run, command, stamp.by)
    elif isinstance(command, commands.RunCommand):
        _authorise_run(run, command, stamp.by)
    else:
        _authorise_after(run, command, stamp.by)


def _authorise_step(run: Run, command: commands.StepCommand, person: str) -> None:
    match command:
        case commands.AskHelp() | commands.Sign() | commands.Reject():
            return
        case commands.Begin() | commands.Finish() | commands.Choose() | commands.DoMyself() | commands.LookAgain():
            _require_actor(run, person)
        case commands.GoBack():
            _require_steering(run, person)
        case commands.AnswerEnd():
            _require(person in run.holders("lead"), f"This is for {_whom(run, 'lead')}.")
        case commands.Skip() | commands.Mismatch() | commands.SayDone() | commands.AskEnd() | commands.CancelAction():
            if not _acts_here(run, person):
                _require_steering(run, person)
        case commands.Watch():
            _require_witness(run, person)
        case commands.BreakGlass():
            _require_lead_outside(run, person)
        case _:
            assert_never(command)


def _authorise_run(run: Run, command: commands.RunCommand, person: str) -> None:
    match command:
        case commands.AddNote() | commands.Accept():
            return
        case commands.TakeOver():
            theirs = f"Taking over is for {_whom(run, 'operator')}, or the lead."
            _require(_leads_or(run, "operator", person), f"{theirs} You can press I need help, or add a note.")
        case commands.HandOver() | commands.Pause() | commands.Stop() | commands.Resume():
            _require_steering(run, person)
        case commands.Correct(name=name):
            _require_corrector(run, name, person)
        case commands.ReviewGlass():
            _require_reviewer(run, person)
        case commands.LetSomebodyIn():
            _require_outside_lead(run, command, person)
        case commands.SettlePeople():
            _require(person in leads_since_the_start(run), f"This is for {_leads_since_the_start(run)}.")
        case commands.AnswerPage() | commands.DeclinePage():
            _require(person in may_answer(run), "This page is for the people of the run's roles and its ladder.")
        case _:
            assert_never(command)


def _authorise_after(run: Run, command: commands.AfterCommand, person: str) -> None:
    match command:
        case commands.SetMilestone() | commands.SetPostmortem() | commands.TellLesson():
            return
        case commands.AddFollowUp() | commands.FinishFollowUp():
            return
        case commands.Rate():
            _require(person in run.operated, "These questions are for whoever operated the run.")
        case _:
            assert_never(command)


def _require(holds: bool, sentence: str) -> None:  # noqa: FBT001  (reads as a sentence at each call)
    if not holds:
        raise commands.Refused(sentence)


def _require_known(run: Run, command: commands.Command, person: str) -> None:
    """Strangers read along; their attempts to sign are recorded like anybody's."""
    own = commands.FinishFollowUp | commands.SetPostmortem
    owns = isinstance(command, own) and any(one.id == person for one in run.after.owners)
    if owns or run.members.has(person) or _reviews_from_outside(run, command, person):
        return
    others = _named(run, run.holders("lead") or run.holders("operator"))
    message = "Handrail does not know you as one of this run's people, so you can read along but not act. "
    message += f"Ask {others} to act, or to add you to the catalogue{what_to_write(person)}."
    raise commands.Refused(message, *signing_attempt(run, command, person, message))


def _reviews_from_outside(run: Run, command: commands.Command, person: str) -> bool:
    """When nobody of a run may review its broken glass, anybody may whom the catalogue knows."""
    outside = isinstance(command, commands.ReviewGlass) and command.known is not None and command.known.id == person
    return outside and not reviewers(run)


def signing_attempt(run: Run, command: commands.Command, person: str, why: str) -> tuple[SigningRefused, ...]:
    """What the record keeps of an attempt to sign: the first ten of a person at a visit, so that none floods it."""
    if not isinstance(command, commands.Sign | commands.Reject):
        return ()
    if run.tried.get((person, command.step, command.visit), 0) >= MOST_ATTEMPTS:
        return ()
    return (SigningRefused(command.step, command.visit, why),)


def _require_verified(run: Run, command: commands.Command, person: str) -> None:
    """What takes one certain person is not for a name that a machine gives; an attempt to sign is recorded."""
    if not isinstance(command, _FOR_ONE_PERSON):
        return
    message = "You are not logged in here, so you can operate this run, and nothing that needs to be you: "
    message += "signing, rejecting, breaking the glass, reviewing, watching. Log in first: handrail login"
    raise commands.Refused(message, *signing_attempt(run, command, person, message))


def _named(run: Run, people: tuple[str, ...]) -> str:
    names = [run.name_of(person) for person in people[:3]]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "the owner team"


def _whom(run: Run, role: str) -> str:
    return f"the {role.replace('_', ' ')} ({_named(run, run.holders(role))})"


def _leads_or(run: Run, role: str, person: str) -> bool:
    return person in run.holders(role) or person in run.holders("lead")


def _role_here(run: Run) -> str:
    return "operator" if isinstance(run.here, Over) else run.book.by_id[run.here.step].who


def _acts_here(run: Run, person: str) -> bool:
    role = _role_here(run)
    return person == run.operator if role == "operator" else person in run.holders(role)


def _require_actor(run: Run, person: str) -> None:
    """Only the person whose step it is: the run's operator, or anybody in the step's other role."""
    role = _role_here(run)
    if _acts_here(run, person):
        return
    if role != "operator":
        message = f"This step belongs to {_whom(run, role)}."
    elif run.operator is None:
        message = f"Nobody operates this run yet. {_named(run, run.holders('operator'))} can press Take over."
    else:
        message = f"{run.name_of(run.operator)} operates this run, and this button is theirs. "
        message += (
            "You can take the run over: press Take over in its menu, then this."
            if _leads_or(run, "operator", person)
            else "You can press I need help, or add a note."
        )
    raise commands.Refused(message)


def _require_steering(run: Run, person: str) -> None:
    allowed = person == run.operator or person in run.holders("lead")
    lead = _named(run, run.holders("lead"))
    _require(allowed, f"Only the operator ({run.name_of(run.operator)}) or the lead ({lead}) may do this.")


def _require_witness(run: Run, person: str) -> None:
    step = None if isinstance(run.here, Over) else run.book.by_id[run.here.step]
    role = step.witness if isinstance(step, RunStep) and step.witness else "peer"
    _require(person in run.holders(role), f"Watching is for {_whom(run, role)}.")
    _require(person != run.operator, "You operate this run, so somebody else has to watch.")


def _require_corrector(run: Run, name: str, person: str) -> None:
    given = run.given.get(name)
    own = given is not None and given.by == person
    if name in run.hidden:
        _require(own, "This answer is hidden until it has been compared; only the person who gave it may correct it.")
    allowed = own or person == run.operator or person in run.holders("lead")
    _require(allowed, "Only the person who gave the answer, the operator or the lead may correct it.")


def _require_lead_outside(run: Run, person: str) -> None:
    _require(person in run.holders("lead"), f"Breaking the glass is for {_whom(run, 'lead')}.")
    _require(person not in run.operators, "You have operated this run, so another lead has to break the glass.")
    why = one_with_operators(run).get(person)
    _require(why is None, f"{say_to(why or '')}, so another lead has to break the glass.")


def _require_outside_lead(run: Run, command: commands.LetSomebodyIn, person: str) -> None:
    """Whoever lets somebody in gains nothing by it: a lead since the start, who neither started nor operated."""
    _require(person in leads_since_the_start(run), f"Letting somebody in is for {_leads_since_the_start(run)}.")
    _require(person != command.person, "Somebody else has to let you in.")
    may = outside_leads(run, command.person)
    _require(person in may, f"You started or ran this run, so another lead has to let them in: {_named(run, may)}.")


def _leads_since_the_start(run: Run) -> str:
    return f"a lead of this run since its start ({_named(run, leads_since_the_start(run))})"


def _require_reviewer(run: Run, person: str) -> None:
    broke = {glass.by for glass in run.unreviewed}
    _require(person not in broke, "You broke the glass, so somebody else has to review it.")
    _require(person not in run.operators, "You have operated this run, so somebody else has to review it.")
    one = "Whoever broke the glass or operated let you in, you them, or one lead let you both in: you count as one, so "
    one += "somebody else reviews it."
    _require(person not in kept_from_review(run), one)
    may = reviewers(run)
    _require(not run.unreviewed or not may or person in may, f"The review is for {_named(run, may)}.")


def require_asking(
    run: Run, command: commands.Sign | commands.Reject, stamp: Stamp
) -> tuple[AwaitingSignature, Signoff]:
    """The open request, if this person may answer it. Attempts of others are refused to them and recorded."""
    here = run.here
    step = None if isinstance(here, Over) else run.book.by_id[here.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        raise commands.Refused("There is nothing to sign at this step.")
    if run.approved_here:
        raise commands.Refused("This was approved already. The run goes on by itself in a moment.")
    if stamp.by in barred_people(run, step):
        message = say_barred(run, step, stamp.by)
    elif stamp.by not in here.eligible:
        message = f"This needs the {' or '.join(step.from_).replace('_', ' ')}: {names_said(run, here.eligible)}."
    elif stamp.at >= here.expires_at:
        raise commands.Refused(f"This request expired at {say_moment(here.expires_at)}. It has to be asked for again.")
    elif isinstance(command, commands.Sign) and is_unverified(run.operator):
        # Otherwise one person could operate under the name of a machine and sign under their own.
        sentence = f"{run.name_of(run.operator)} operates this run without having logged in, and could be anybody. "
        raise commands.Refused(
            sentence + "Somebody known has to press Take over first (handrail login); then you can sign."
        )
    else:
        return here, step
    raise commands.Refused(message, *signing_attempt(run, command, stamp.by, message))


def say_barred(run: Run, step: Signoff, person: str) -> str:
    """To somebody who may not sign: what keeps them off."""
    why = why_barred(run, step)[person]
    if why.startswith("gave"):
        return f"You {why}, so someone else has to sign."
    if "let in" in why:
        return f"{say_to(why)}, so someone else has to sign."
    if why.startswith("is of"):
        return f"The runbook lets nobody sign who {why}, so someone else has to."
    return "You started or ran this run, so someone else has to sign."


def require_unbarred(run: Run, step: Signoff, person: str) -> None:
    """Whoever may not sign does not break the glass for it either."""
    if run.approved_here:
        raise commands.Refused("This was approved already. The run goes on by itself in a moment.")
    why = why_barred(run, step).get(person)
    if why is not None:
        raise commands.Refused(f"Somebody who {why} cannot break the glass here. Another lead has to.")
