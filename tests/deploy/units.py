"""The unit for systemd, judged by systemd itself."""

import re
import subprocess
from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "handrail.service"
MOST = 3.0
"""Exposure, of ten: `systemd-analyze security` calls up to 4 “OK”."""


def check_unit() -> None:
    """It is a unit, and exposes little. Whether it starts is not tried: systemd is not the first process here."""
    words = ["systemd-analyze", "security", "--offline=true", str(UNIT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= MOST, f"exposure {found[1]}"
    checked = subprocess.run(["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, check=False)
    said = [line for line in checked.stderr.splitlines() if UNIT.name in line and "is not executable" not in line]
    assert not said, "\n".join(said)
    print(f"   exposure {found[1]}")
