"""A step that is over, in one line."""

from bot.render.message import Message, bold, compose, foreign, section, slack_date
from bot.render.prose import say_exit, say_span, say_value, say_who, spoken_name, went_well
from bot.run.law.scope import title_of
from bot.run.places import Over, Visit
from bot.run.state import Run


def finished_line(run: Run, visit: Visit) -> Message:
    """What, who, when, how long, and the answer as far as others may see it."""
    title = title_of(run, visit.step)
    word, mark = say_exit(run, visit), "white_check_mark" if went_well(run, visit) else "large_orange_circle"
    parts = [
        f":{mark}: {bold(title)}",
        bold(word, 80),
        f"{foreign(say_who(run, visit.by))}, {slack_date(visit.until)}",
        f"took {say_span(visit.until - visit.since)}",
        *(
            f"{foreign(spoken_name(name))}: {bold(say_value(run, name, run.vars.get(name)), 200)}{_note(run, name)}"
            for name in visit.answers
        ),
    ]
    if visit.said and visit.said != word:
        parts.append(f"“{foreign(visit.said, 200)}”")
    said = f"{word}: {title} – {say_who(run, visit.by)}, {say_span(visit.until - visit.since)}"
    return compose(said, section(" · ".join(parts)))


def _note(run: Run, name: str) -> str:
    given = run.given.get(name)
    return " (corrected)" if given is not None and given.step is None else ""


def left_line(run: Run, step: str) -> Message:
    """A step that nobody finished: the run went elsewhere, or closed here."""
    found = run.book.by_id[step]
    if isinstance(run.here, Over) and run.here.step == step:
        how = "closed, review open" if run.unreviewed else "reviewed and closed"
        mark = "hourglass_flowing_sand" if run.unreviewed else "white_check_mark"
        return compose(f"{found.title}: {how}.", section(f":{mark}: {bold(found.title)} · {how}"))
    why = "The run ended before this was done." if run.over else "The run went on without this."
    return compose(f"{found.title}: {why}", section(f":white_circle: {bold(found.title)} · {why}"))
