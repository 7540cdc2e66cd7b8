"""A runbook with every kind of step, and a hostile twin of it, for the tests of what people read."""

import json
from pathlib import Path

from bot.format.runbook import KINDS, Runbook
from tests.render.forms import HOSTILE as SHORT
from tests.story import book_of

HOSTILE = SHORT * 12

EVERYTHING = (Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8")
BOOK = book_of(EVERYTHING)
TARGET = "2026-11-22T11:40:00+00:00"


def hostile() -> Runbook:
    """The same steps, with texts as long as the format allows, and meaning no good."""
    written = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    written |= {"title": HOSTILE[:75], "objective": HOSTILE[:200], "references": [HOSTILE[:200]] * 30}
    written["not_for"] = [{"when": HOSTILE[:300], "use": HOSTILE[:300]}] * 40
    for probe in [*written["preflight"], *written["stop_when"]]:
        probe |= {"title": HOSTILE[:150], "exec": {"argv": [HOSTILE * 3]}}
    written["preflight"] = [probe | {"id": f"p{number}"} for number in range(30) for probe in written["preflight"][:1]]
    for step in written["steps"]:
        kind = next(name for name in KINDS if name in step)
        said: dict[str, object] = {
            kind: HOSTILE[:150],
            "say": HOSTILE[:3000],
            "why": HOSTILE[:140],
            "caution": HOSTILE[:500],
        }
        said |= {"command": HOSTILE[:3000]} if kind in ("do", "decide") else {}
        said |= {"exec": {"at": HOSTILE[:80], "argv": [HOSTILE] * 3}} if "exec" in step else {}
        step.update(said)
        for option in step.get("options", ()):
            option |= {"label": HOSTILE[:75], "when": HOSTILE[:300]}
    return Runbook.model_validate(json.loads(json.dumps(written)))
