"""Draws the curves of docs/correction.md from what `benchmarks/bench_correction.py` wrote."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from napari_cytounet.runs.report.charts import Series, line_chart

CURVES = Path(__file__).parents[1] / "benchmarks" / "results" / "correction_curves.json"
PICTURE = Path(__file__).parent / "images" / "simulated.svg"
COLOURS = {"bbbc030": "#0072b2", "dsb2018": "#d55e00", "usiigaci": "#009e73", "wbc2": "#cc79a7"}
"""Okabe and Ito's, which colour-blind readers tell apart."""


def main() -> None:
    """Draw the median of the seeds of each set."""
    content = json.loads(CURVES.read_text(encoding="utf-8"))
    rows = [row for row in content["rows"] if row["places"] == "worst"]
    named = [(name, list(seeds)) for name, seeds in groupby(rows, key=lambda row: row["data"])]
    chart = line_chart(
        [_median(name, seeds) for name, seeds in named],
        x="strokes painted",
        y="Dice of images never touched",
        y_range=(0, 1),
    )
    chart = chart.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    start = chart.index(">") + 1
    PICTURE.write_text(
        chart[:start] + _style() + _legend([name for name, _ in named]) + chart[start:], "utf-8"
    )


def _median(name: str, seeds: list[dict[str, Any]]) -> Series:
    curves = [dict(zip(seed["strokes"], seed["Dice"], strict=True)) for seed in seeds]
    strokes = sorted(set.intersection(*(set(curve) for curve in curves)))
    return Series(name, strokes, [median(curve[at] for curve in curves) for at in strokes], name, dots=True)


def _style() -> str:
    lines = "".join(
        f".line.{name}{{stroke:{colour}}}.dot.{name},.name.{name}{{fill:{colour}}}"
        for name, colour in COLOURS.items()
    )
    return (
        '<rect width="100%" height="100%" fill="#fff"/>'
        "<style>svg{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}"
        f".line{{fill:none;stroke-width:2}}{lines}</style>"
    )


def _legend(names: list[str]) -> str:
    return "".join(
        f'<text class="name {name}" x="600" y="{170 + 16 * at}">{name}</text>'
        for at, name in enumerate(names)
    )


if __name__ == "__main__":
    main()
