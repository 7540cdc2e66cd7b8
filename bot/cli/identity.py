"""Who sits at this terminal: whose token is here, or nobody in particular."""

import getpass
import os
import platform
from pathlib import Path

from bot.cli.failures import Failure
from bot.format.catalogue import Catalogue
from bot.journal.tokens import PERSONAL, BadCode, Logins
from bot.render.terminal.page import Question
from bot.run.situation import unverified_id
from bot.terminal.faces import Cancelled, Face
from bot.terminal.tokens import TokenFile

FIELD = "f:code"


def token_file() -> TokenFile:
    """The tokens of this machine's user, where such things are kept."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return TokenFile(Path(home) / "handrail" / "tokens.json")


def this_place() -> str:
    """The user and machine for which a token is made."""
    return f"{getpass.getuser()}@{platform.node()}"


def who_sits_here(
    face: Face, logins: Logins, catalogue: Catalogue, as_: str | None, *, whole: bool = True
) -> tuple[str, str]:
    """The id under which everything here is recorded, and how the page says it.

    `as_` says whose token to use and proves nothing: without one that counts, a code or token is asked for; whoever has
    none goes on under the name that the machine knows them by.
    """
    person = _by_token(logins, catalogue, as_, whole=whole)
    if person is None and as_ is not None:
        if whole and as_ not in catalogue.people:
            raise Failure(f"The catalogue knows nobody called {as_}. --as takes a person's id: {_some(catalogue)}")
        person = _by_secret(face, logins, as_)
    if person is None:
        me = unverified_id(getpass.getuser())
        return me, "You are not logged in: you can operate, and nobody can sign meanwhile. See handrail login."
    known = catalogue.people.get(person)
    return person, f"You are {known.name if known else person}."


def who_by_token(logins: Logins, catalogue: Catalogue) -> str | None:
    """Whose token is on this machine and counts, without asking anybody."""
    return _by_token(logins, catalogue, None, whole=True)


def _by_token(logins: Logins, catalogue: Catalogue, as_: str | None, *, whole: bool) -> str | None:
    """Whose token is here and counts. Whoever has left the catalogue is nobody, whatever tokens they kept.

    While it does not load whole, nobody has left it: each run knows who is of it.
    """
    file = token_file()
    found = dict.fromkeys(person for token in file.of(as_) if (person := logins.person_of(token)) is not None)
    people = [person for person in found if as_ in (None, person) and (person in catalogue.people or not whole)]
    if len(people) > 1:
        raise Failure(f"Tokens of several people are here. Say who you are: --as {' or --as '.join(people)}")
    return people[0] if people else None


def _by_secret(face: Face, logins: Logins, as_: str) -> str | None:
    """Ask for a code from Slack, or a token; None when the person has neither."""
    hint = "Type /recover login in Slack for a code, or paste your token. Press Enter if you have neither."
    question, wrong = Question(FIELD, f"No token of {as_} is on this machine.", hint, optional=True), ""
    while True:
        try:
            typed = face.ask(question, "", wrong, hidden=True)
        except Cancelled:
            return None
        if not typed:
            return None
        try:
            person = logins.person_of(typed) if typed.startswith(PERSONAL) else log_in(logins, typed)
        except BadCode as bad:
            wrong = str(bad)
            continue
        if person == as_:
            return person
        wrong = f"That is not {as_}'s." if person else "That token counts no more."


def log_in(logins: Logins, code: str) -> str:
    """Exchange a code for a token, and keep it on this machine; whose it is. BadCode when the code opens nothing."""
    person, token = logins.redeem(code, this_place())
    token_file().keep(person, token)
    return person


def _some(catalogue: Catalogue) -> str:
    return ", ".join(list(catalogue.people)[:8]) or "there is nobody in it yet."
