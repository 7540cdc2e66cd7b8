"""Evidence as CSV, one row a line, and as one HTML page."""

import csv
import dataclasses
import io

from bot.render.evidence.gathering import Evidence, Row
from bot.render.report.data.as_csv import safe_cell
from bot.render.report.templates import Drawn, Templates

COLUMNS = ("asset_name", "tier", *(field.name for field in dataclasses.fields(Row)))


def evidence_as_csv(evidence: Evidence) -> str:
    """RFC 4180; no cell is one that a spreadsheet would run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in evidence.sections:
        asset = section.asset
        for row in section.rows:
            cells = (asset.name, str(asset.tier or ""), *(getattr(row, name) for name in COLUMNS[2:]))
            writer.writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()


def evidence_as_html(evidence: Evidence, templates: Templates) -> Drawn:
    """One page without script, which loads nothing."""
    return templates.draw("evidence.html", lambda notices: {"evidence": evidence, "notices": notices})
