"""What runs in `serve` is what CONTRIBUTING.md says."""

import re
from pathlib import Path

from bot.wiring.house import House
from bot.wiring.staff import build_staff
from tests.slack.folder import write_folder

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


def told() -> set[str]:
    """The names in the first column of the table of threads."""
    page = CONTRIBUTING.read_text("utf-8")
    table = page.partition("### What runs in `serve`")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    return {name.strip() for cell in cells for name in re.split(r", (?:or )?", cell)}


def test_every_thread_of_serve_is_told(tmp_path: Path) -> None:
    house = House({
        "DATABASE_URL": f"sqlite:///{tmp_path / 'staff.db'}", "HANDRAIL_RUNBOOKS": str(write_folder(tmp_path)),
        "SLACK_BOT_TOKEN": "xoxb-1234567890",
        "SLACK_APP_TOKEN": "xapp-1-A0-1234567890", "HANDRAIL_PACK": str(tmp_path / "pack"),
        "HANDRAIL_OPS_CHANNEL": "C0OPS", "HANDRAIL_MIRROR": str(tmp_path / "mirror"),
        "HANDRAIL_FOLLOWUP_WEBHOOK": "https://tracker.example/hook", "HANDRAIL_FOLLOWUP_SECRET": "s" * 32,
    })  # fmt: skip
    runs = {re.sub(r" \d+$", "", name) for name in build_staff(house).loops}
    assert "tracker" in runs
    assert "ledger" in runs
    assert {name for name in runs if name not in told() and f"{name} 1–8" not in told()} == set()
    house.engine.dispose()
