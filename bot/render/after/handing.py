"""What a team's tracker is given of a follow-up: plain data, with a version."""

from bot.run.after.reminders import owner_of
from bot.run.after.state import FollowUp
from bot.run.places import Over
from bot.run.state import Run

VERSION = 1


def key_of(run: Run, follow_up: FollowUp) -> str:
    """The same for the same follow-up, however often it is sent."""
    return f"{run.id}:{follow_up.number}"


def as_handed_on(run: Run, follow_up: FollowUp) -> dict[str, object]:
    """A follow-up for a tracker; times are UTC, `due` is a day where its owner is."""
    owner, over = owner_of(run, follow_up), run.here if isinstance(run.here, Over) else None
    return {
        "version": VERSION, "type": "follow-up", "key": key_of(run, follow_up), "number": follow_up.number,
        "what": follow_up.what, "due": follow_up.due,
        "owner": {"id": owner.id, "name": owner.name, "slack": owner.slack},
        "added_by": {"id": follow_up.by, "name": run.name_of(follow_up.by)}, "added_at": follow_up.at.isoformat(),
        "run": {
            "id": run.id, "ref": run.start.ref, "mode": run.start.mode, "title": run.start.title,
            "runbook": run.start.runbook, "asset": {"id": run.start.asset.id, "name": run.start.asset.name},
            "outcome": over.outcome if over else None, "started_at": run.started_at.isoformat(),
            "ended_at": over.at.isoformat() if over else None,
        },
    }  # fmt: skip
