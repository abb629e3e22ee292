"""What the report says of the model: how good it is, where it goes wrong, and at which threshold."""

from __future__ import annotations

import base64
from html import escape
from itertools import cycle

import numpy as np

from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import HistoryRow
from napari_cytounet.runs.record import Record
from napari_cytounet.runs.report.charts import Line, Series, line_chart, strip_chart
from napari_cytounet.runs.report.examples import COLOURS, NAMES, Example, read_examples
from napari_cytounet.runs.validation_record import explained_dice

STYLES = ("score", "loss", "other")
"""Classes of colours, in the order in which they are used."""


def head(name: str, record: Record, rows: list[HistoryRow]) -> str:
    """Return the title, one sentence, and the numbers that matter."""
    result = record.get("result")
    data = record["data"]
    count = len(data["training"])
    learnt = (
        f"A U-Net learnt from {count} image{'' if count == 1 else 's'} with masks ({data['masks']['kind']})"
    )
    kept = f"Validation: {data['split']}."
    if not result:
        state = f"It was not finished: {len(rows)} steps were taken so far."
        return f"<h1>{escape(name)}</h1><p class='lead'>{escape(f'{learnt}. {state} {kept}')}</p>"
    interval = _interval(record)
    sure = f"95 % {interval[0]:.3f} to {interval[1]:.3f}" if interval else "no interval"
    dice = "-" if result["dice"] is None else f"{result['dice']:.3f}"
    cards = [
        (dice, f"Dice on what was kept back ({sure})"),
        (
            f"{result['seconds'] / 60:.1f} min",
            f"{result['steps']} steps on {record['environment']['device']}",
        ),
        (str(len(data.get("learnt_from", data["training"]))), "planes that it learnt from"),
        (" / ".join(f"{value:.2f}" for value in result["thresholds"]), "threshold of the probabilities"),
    ]
    if result.get("objects") is not None:
        precision = f"{result['objects']:.3f}"
        cards.insert(1, (precision, "average precision of objects there, mean over IoU 0.5 to 0.9"))
    ended = " It was stopped before its time was used up." if result["stopped"] else ""
    shown = "".join(
        f'<div class="card"><b>{escape(big)}</b><span>{escape(small)}</span></div>' for big, small in cards
    )
    when = record["created"][:16].replace("T", " ")
    return (
        f"<h1>{escape(name)}</h1><p class='soft'>Begun {escape(when)} UTC, napari-cytounet "
        f"{escape(record['environment']['napari-cytounet'])}</p>"
        f"<p class='lead'>{escape(f'{learnt}.{ended} {kept}')}</p><div class='cards'>{shown}</div>"
    )


def scores(record: Record) -> str:
    """Return how good the model is: in words, and image by image."""
    result = record.get("result", {})
    validation = result.get("validation", {})
    if not validation.get("images"):
        return ""
    sentence = explained_dice(result["dice"], validation)
    values = {entry["image"]: entry["dice"] for entry in validation["images"] if entry["dice"] is not None}
    mean = validation["dice"]["mean"]
    chart = ""
    if values:
        chart = _figure(
            strip_chart(values, x="Dice", lines=[Line("mean", mean, upright=True)]),
            "Each dot is an image that was kept back; the dashed line is their mean. Point at a dot for "
            "its name.",
        )
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>{value:.3f}</td></tr>"
        for name, value in sorted(values.items(), key=lambda item: item[1])
    )
    table = f"<table><tr><th>image</th><th class='number'>Dice</th></tr>{rows}</table>"
    return (
        f"<h2>How good it is</h2><p>{escape(sentence)}</p><p class='soft'>Counted at the working scale, on "
        "the images that weights and threshold were chosen with: on new images expect a little "
        f"less.</p>{chart}<details><summary>All images, the worst first</summary>{table}</details>"
    )


def examples(folder: RunFolder) -> str:
    """Return the best, the median and the worst image with what was found there."""
    found = read_examples(folder)
    if not found:
        return ""
    seen = {kind for example in found for kind in example.kinds}
    key = "".join(
        f'<span><i style="background:{COLOURS[kind]}"></i>{name}</span>'
        for kind, name in NAMES.items()
        if name in seen
    )
    pictures = "".join(_example(folder, example) for example in found)
    return (
        f"<h2>Where it is right and wrong</h2><div class='key'>{key}</div><div "
        f"class='examples'>{pictures}</div><p class='soft'>Point at a picture to see the image alone. These "
        "are images that were kept back; of large ones a part.</p>"
    )


def calibration(record: Record) -> str:
    """Return how the Dice depends on the threshold."""
    result = record.get("result", {})
    curves = result.get("validation", {}).get("curves", [])
    if not curves:
        return ""
    classes = record["card"]["classes"]
    series = [
        Series(name, np.linspace(0, 1, len(curve)).tolist(), _known(curve), style)
        for name, curve, style in zip(classes, curves, cycle(STYLES), strict=False)
    ]
    lines = [Line("threshold", value, upright=True) for value in result["thresholds"]]
    chart = line_chart(series, x="threshold", y="Dice", y_range=(0, 1), lines=lines)
    caption = "Dice on what was kept back at every threshold; dashed: the one that the model carries."
    wide = "; ".join(_plateau(name, curve) for name, curve in zip(classes, curves, strict=True))
    return (
        f"<h2>Where to cut the probabilities</h2>{_figure(chart, caption)}<p>{escape(wide)}. A wide range "
        "says that the threshold hardly matters; a narrow one, that the network is unsure, and that new "
        "images may want another.</p>"
    )


def _example(folder: RunFolder, example: Example) -> str:
    image, found = (
        base64.b64encode((folder.examples / f"{example.which}{end}.png").read_bytes()).decode()
        for end in ("", "-found")
    )
    name = escape(example.plane)
    return (
        f'<figure><span class="pair" tabindex="0"><img alt="{name}" src="data:image/png;base64,{image}">'
        f'<img alt="what was found in {name}" src="data:image/png;base64,{found}"></span>'
        f"<figcaption><b>{example.which}</b>, Dice {example.dice:.3f}<br>{name}</figcaption></figure>"
    )


def _figure(chart: str, caption: str) -> str:
    return f"<figure>{chart}<figcaption>{escape(caption)}</figcaption></figure>"


def _interval(record: Record) -> tuple[float, float] | None:
    summary = record["result"].get("validation", {}).get("dice") or {}
    interval = summary.get("pooled_interval")
    return (interval[0], interval[1]) if interval else None


def _known(curve: list[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in curve]


def _plateau(name: str, curve: list[float | None]) -> str:
    """Say within which thresholds a class has nearly its best Dice."""
    values = np.array(_known(curve))
    if not np.nan_to_num(values).any():
        return f"{name}: nothing is found at any threshold"
    good = np.flatnonzero(values >= np.nanmax(values) - 0.01) / (len(values) - 1)
    return f"{name}: within 0.01 of its best Dice from {good[0]:.2f} to {good[-1]:.2f}"
