"""What the report folds away: data, settings, environment, and the record itself."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from napari_cytounet.runs.differences import differences
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record, digest
from napari_cytounet.settings import TrainSettings

MOST_SHOWN = 200
"""So many files are listed; all are in the record."""


def data(record: Record) -> str:
    """Return what was learnt from, and what the data check found."""
    known = record["data"]
    entries = [(part, entry) for part in ("training", "validation") for entry in known[part]]
    rows = "".join(
        f"<tr><td>{part}</td><td>{_file(entry['image'])}</td><td>{_file(entry['mask'])}</td><td><code>{entry['image_sha256'][:12]}</code></td><td><code>{entry['mask_sha256'][:12]}</code></td></tr>"
        for part, entry in entries[:MOST_SHOWN]
    )
    more = (
        f"<p class='soft'>{len(entries) - MOST_SHOWN} more are in the record.</p>"
        if len(entries) > MOST_SHOWN
        else ""
    )
    heads = (
        "<tr><th>for</th><th>image</th><th>mask</th><th>SHA-256 of the image</th><th>of the mask</th></tr>"
    )
    masks = f"Masks: {known['masks']['kind']} ({known['masks']['reason']})."
    return (
        f"<h2>What it learnt from</h2><p>{escape(masks)} "
        f"{escape(_preprocessing(record))}</p>{_findings(known)}<details><summary>{len(entries)} images with "
        f"masks</summary><div class='scroll'><table>{heads}{rows}</table></div>{more}</details>"
    )


def settings(record: Record) -> str:
    """Return all settings, those in bold that are not the defaults."""
    recorded = record["settings"]
    defaults = TrainSettings().model_dump(mode="json")
    changed = {difference.name for difference in differences(defaults, recorded)}
    rows = "".join(
        f"<tr><td>{escape(concern)}</td><td>{escape(name.replace('_', ' '))}</td>"
        f"<td{_changed(f'{concern}.{name}' in changed)}>{escape(_shown(value))}</td></tr>"
        for concern, values in recorded.items()
        for name, value in values.items()
    )
    return (
        "<details><summary>All settings (in bold: not the default)</summary><div class='scroll'><table>"
        f"<tr><th>concern</th><th>setting</th><th>value</th></tr>{rows}</table></div></details>"
    )


def environment(record: Record) -> str:
    """Return where it was computed, with which versions, and how long each part took."""
    known = dict(record["environment"])
    values = known.pop("packages") | known
    timings = record.get("result", {}).get("timings", {})
    values |= {f"seconds {name.replace('_', ' ')}": f"{value:.1f}" for name, value in timings.items()}
    rows = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(str(value))}</td></tr>"
        for name, value in values.items()
    )
    return f"<details><summary>Versions, computer and times</summary><table>{rows}</table></details>"


def repeating(folder: RunFolder, record: Record) -> str:
    """Return how to train it again, and the whole record."""
    text = escape(json.dumps(record, indent=2))
    name = escape(folder.path.name)
    return (
        f"<details><summary>The record ({len(text) / 1000:.0f} kB), from which it can be trained "
        f"again</summary><p><code>cytounet replay {name}</code> trains it again and compares; <code>cytounet "
        f"methods {name}</code> writes the paragraph for a paper. Digest of the record: "
        f"<code>{digest(record)}</code></p><pre>{text}</pre></details>"
    )


def _findings(known: Record) -> str:
    findings = known.get("findings")
    if findings is None:
        return ""
    if not findings:
        return "<p>The data check found nothing.</p>"
    rows = "".join(
        f"<tr><td>{escape(str(one['severity']))}</td><td>{escape(str(one['what']))}</td>"
        f"<td>{_file(str(one['where']['file']))}</td><td>{escape(str(one['advice']))}</td></tr>"
        for one in findings[:MOST_SHOWN]
    )
    heads = "<tr><th>severity</th><th>what</th><th>where</th><th>what to do</th></tr>"
    return (
        f"<details open><summary>The data check found {len(findings)} "
        f"thing{'' if len(findings) == 1 else 's'}</summary><div "
        f"class='scroll'><table>{heads}{rows}</table></div></details>"
    )


def _preprocessing(record: Record) -> str:
    card = record["card"]
    normalisation = card["normalisation"]
    return (
        f"Intensities were normalised between the percentiles {normalisation['low_percentile']:g} and "
        f"{normalisation['high_percentile']:g} of each plane; images were resized by "
        f"{card['working_scale']:.3g}."
    )


def _file(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    return f'<span title="{escape(path)}">{escape(name)}</span>'


def _changed(is_changed: bool) -> str:
    return " class='changed'" if is_changed else ""


def _shown(value: Any) -> str:
    match value:
        case None:
            return "automatic"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
    return str(value)
