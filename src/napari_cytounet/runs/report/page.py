"""The report of a run as one HTML file: no script, no network, light or dark as the reader's screen is."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path

from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import HistoryRow, read_history
from napari_cytounet.runs.record import Record, read_training_record
from napari_cytounet.runs.report import details, learning, results

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The browser itself refuses whatever would come from elsewhere."""


def write_report(folder: RunFolder) -> Path:
    """Write `report.html` into the folder of a run and return its path; one that is there is replaced.

    Raises
    ------
    OutputError
        If there is no record, or the file cannot be written.
    """
    record = read_training_record(folder.record)
    rows = read_history(folder.history) if folder.history.exists() else []
    with atomic_path(folder.report) as temporary:
        temporary.write_text(report_page(folder, record, rows), encoding="utf-8")
    return folder.report


def report_page(folder: RunFolder, record: Record, rows: list[HistoryRow]) -> str:
    """Return the report as HTML."""
    name = folder.path.resolve().name
    sections = [
        results.head(name, record, rows),
        learning.warnings(record, rows),
        results.scores(record),
        results.examples(folder),
        learning.curves(record, rows),
        results.calibration(record),
        details.data(record),
        learning.reasons(record),
        details.settings(record),
        details.environment(record),
        details.repeating(folder, record),
    ]
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(name)}: report of a training</title>"
        f"<style>{_style()}</style></head><body><main>{''.join(sections)}</main></body></html>\n"
    )


def _style() -> str:
    return files("napari_cytounet.runs.report").joinpath("style.css").read_text(encoding="utf-8")
