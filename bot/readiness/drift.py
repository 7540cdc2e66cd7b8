"""What has drifted from the files: reviews, people, groups, rotations, credentials, versions that nobody has read."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.format.catalogue import Catalogue, Person
from bot.format.runbook import Runbook
from bot.readiness.facts import ReadinessFacts
from bot.readiness.finding import Finding, Of
from bot.readiness.protection.plan import protections_of
from bot.readiness.reading.plan import PROTECTION, RESOURCE, link_name, links_of
from bot.readiness.reading.rules import counts
from bot.readiness.reading.state import Reading
from bot.readiness.upkeep.rules import contacts_of, is_confirmed, reviewers_of
from bot.readiness.upkeep.state import PersonStanding, Reviews

ANSWERED = timedelta(days=7)
"""How long somebody has to say how they are reached."""
UNREAD = timedelta(days=1)
"""How long somebody on the rota has to read a new version."""


def drift_of(facts: ReadinessFacts) -> Iterator[Finding]:
    """All of it, the gravest kind first."""
    yield from _people(facts)
    yield from _groups(facts)
    yield from _rotations(facts)
    yield from _credentials(facts)
    yield from _silent(facts)
    yield from _reviews(facts)
    yield from _unread(facts)


def reviewed_on(facts: ReadinessFacts, book: Runbook) -> date | None:
    """The day of the last review: the file's, or a later one that a peer signed, found nothing wrong and counts."""
    days = [book.review.last_on] if book.review is not None and book.review.last_on <= facts.at.date() else []
    last = facts.reviews.get(book.id, Reviews()).last
    if last is not None and not last.wrong and not why_void(facts, book):
        days.append(last.at.date())
    return max(days, default=None)


def why_void(facts: ReadinessFacts, book: Runbook) -> str:
    """Why the last review that was signed counts no more; empty when it does, or there is none.

    It is of a version that differs from what serves, or somebody who made or signed it is no reviewer any more.
    """
    last = facts.reviews.get(book.id, Reviews()).last
    if last is None:
        return ""
    if facts.digests.get(book.id) != last.digest and (book.id, last.digest) not in facts.alike:
        return "the runbook was changed since"
    gone = [one for one in (last.by, last.signed_by) if one not in reviewers_of(facts.catalogue, book)]
    return f"{' and '.join(gone)} may not review it any more" if gone else ""


def roles_of(catalogue: Catalogue, person: str) -> tuple[str, ...]:
    """The teams, rotations and ladders that somebody stands in, in words."""
    teams = [f"team {one.id}" for one in catalogue.teams.values() if person in one.members]
    rotations = [f"rotation {one.id}" for one in catalogue.rotations.values() if person in one.order]
    named = f"person:{person}"
    ladders = [
        f"ladder {one.id}" for one in catalogue.ladders.values() if any(named in rung.tell for rung in one.rungs)
    ]
    return (*teams, *rotations, *ladders)


def operators_of(catalogue: Catalogue, book: Runbook) -> tuple[str, ...]:
    """Whoever may operate a runbook."""
    return catalogue.members(book.roles.get("operator", ()))


def _people(facts: ReadinessFacts) -> Iterator[Finding]:
    for person in facts.catalogue.people.values():
        here, roles = facts.people.get(person.id, PersonStanding()), roles_of(facts.catalogue, person.id)
        where: Of = ("person", person.id)
        if here.gone_at is not None:
            still = f", and still in {', '.join(roles[:4])}" if roles else ""
            yield Finding(
                f"The Slack account of {person.name} is deactivated since {here.gone_at:%Y-%m-%d}{still}.",
                "Take them out, and put in who does their work now.", of=where,
            )  # fmt: skip
        elif roles and _has_not_answered(facts, person, here):
            yield Finding(
                f"{person.name} has not said whether they are reached as the catalogue says.",
                "Ask them to press the button in their message, or put right how they are reached.", of=where,
            )  # fmt: skip


def _has_not_answered(facts: ReadinessFacts, person: Person, here: PersonStanding) -> bool:
    of = contacts_of(person)
    asked = here.asked_of == of and here.asked_at is not None and facts.at - here.asked_at >= ANSWERED
    return asked and not is_confirmed(here, of, facts.at)


def _groups(facts: ReadinessFacts) -> Iterator[Finding]:
    for team in facts.catalogue.teams.values():
        there = [one for one in team.members if one in facts.catalogue.people]
        gone = [one for one in there if facts.people.get(one, PersonStanding()).gone_at is not None]
        if len(there) == len(gone):
            why = "everybody in it has left Slack" if gone else "nobody is in it"
            yield Finding(
                f"Of the team {team.name or team.id} {why}.", "Put somebody in, or give away what it answers for.",
                of=("team", team.id),
            )  # fmt: skip


def _rotations(facts: ReadinessFacts) -> Iterator[Finding]:
    for id_ in sorted(facts.uncovered & facts.catalogue.rotations.keys()):
        yield Finding(
            f"In the rotation {id_} nobody is on call at times within the next 14 days.",
            f"See when with handrail oncall --feed, or in its turns: {id_}.", of=("rotation", id_),
        )  # fmt: skip


def _credentials(facts: ReadinessFacts) -> Iterator[Finding]:
    for one in facts.catalogue.resources.values():
        if one.rotated_on is None or one.rotate_every is None:
            continue
        days = (facts.at.date() - one.rotated_on - one.rotate_every).days
        if days > 0:
            yield Finding(
                f"{one.name} should have been replaced {days} days ago; the last time was on {one.rotated_on}.",
                "Replace it, and write the day into rotated_on.", of=("resource", one.id),
            )  # fmt: skip


def _silent(facts: ReadinessFacts) -> Iterator[Finding]:
    """Whatever hands looked at and found no answer, and what they do not look at."""
    for id_, one in facts.catalogue.resources.items():
        here = facts.readings.get(f"{RESOURCE}{id_}", Reading())
        if why := _why_silent(facts, here):
            yield Finding(f"{one.name} {why}", "See whether a recovery would find it; else mend its check.",
                          of=("resource", id_))  # fmt: skip
    for link, books in links_of(facts.books).items():
        here = facts.readings.get(link_name(link), Reading())
        if not here.declined and (why := _why_silent(facts, here)):
            yield Finding(f"The link {link} in {', '.join(books[:3])} {why}", "Put a link that works there.",
                          of=("runbook", books[0]))  # fmt: skip
    for name, asset, backup in protections_of(facts.catalogue):
        here = facts.readings.get(f"{PROTECTION}{name}", Reading())
        if why := _why_silent(facts, here):
            yield Finding(f"The report of the backup {backup.id} of {asset.name} {why}", "Mend its check.")


def _why_silent(facts: ReadinessFacts, here: Reading) -> str:
    if here.declined:
        return f"is not looked at: {here.declined}"
    if here.since is None or here.worked or not counts(here, facts.at):
        return ""
    return f"does not answer since {here.since:%Y-%m-%d %H:%M} UTC: {here.said}"


def _reviews(facts: ReadinessFacts) -> Iterator[Finding]:
    for book in facts.books.values():
        if book.status != "active":
            continue
        where: Of = ("runbook", book.id)
        here = facts.reviews.get(book.id, Reviews())
        walk = f"Review it in Slack: /recover review {book.id}"
        if here.last is not None and here.last.wrong:
            yield Finding(
                f"The review of {book.id} on {here.last.at:%Y-%m-%d} found wrong: {', '.join(here.last.wrong)}.",
                "Mend it, then review it anew.", of=where,
            )  # fmt: skip
        if book.review is None:
            continue
        if book.review.last_on > facts.at.date():
            yield Finding(
                f"{book.id} says that it was reviewed on {book.review.last_on}, which is to come.", walk, of=where
            )
        last = reviewed_on(facts, book)
        days = None if last is None else (facts.at.date() - last - book.review.every).days
        if days is None or days > 0:
            since = "was never reviewed" if last is None else f"was reviewed last on {last}, {days} days overdue"
            yield Finding(f"{book.id} {since}.{_say_void(facts, book)}", walk, of=where)


def _say_void(facts: ReadinessFacts, book: Runbook) -> str:
    last, why = facts.reviews.get(book.id, Reviews()).last, why_void(facts, book)
    return f" The review of {last.at:%Y-%m-%d} counts no more: {why}." if last is not None and why else ""


def _unread(facts: ReadinessFacts) -> Iterator[Finding]:
    for book in facts.books.values():
        digest = facts.digests.get(book.id, "")
        names = [
            facts.catalogue.people[one].name for one in operators_of(facts.catalogue, book)
            if book.status == "active" and _leaves_unread(facts, one, book.id, digest)
        ]  # fmt: skip
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004  (as many names are enough)
            yield Finding(
                f"{', '.join(names[:3])}{more} may operate {book.id} and have not read what is new in it.",
                "Ask them to press the button in their message.", of=("runbook", book.id),
            )  # fmt: skip


def _leaves_unread(facts: ReadinessFacts, person: str, runbook: str, digest: str) -> bool:
    here = facts.people.get(person, PersonStanding())
    shown = here.was_shown(runbook)
    is_old = shown is not None and shown.digest == digest and facts.at - shown.at >= UNREAD
    return is_old and not here.has_read(runbook, digest)
