"""The alert rules, judged by Prometheus' own tool."""

import subprocess
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def check_alerts() -> None:
    """They are rules, and fire and are silent as their tests say."""
    for words in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        done = subprocess.run(["promtool", *words], cwd=DEPLOY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
