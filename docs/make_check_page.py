"""Writes docs/data-check.md from the table of codes, what is said here, and the figures of the benchmarks.

`python docs/make_check_page.py`, after `benchmarks/check_good_data.py` and
`benchmarks/bench_check_faults.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from napari_cytounet.quality.codes import CODES, Code
from napari_cytounet.quality.decided import DECIDED

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results"
GOOD = ("dsb2018 fluo", "usiigaci phase", "bbbc030 train", "bbbc030 validation")

HEAD = (DOCS / "data-check-head.txt").read_text(encoding="utf-8")


def main() -> None:
    """Write the page."""
    faults = _rows("check_faults")
    data = json.loads((RESULTS / "check_data.json").read_text(encoding="utf-8"))["rows"]
    truth = json.loads((DOCS.parent / "benchmarks" / "true_faults.json").read_text(encoding="utf-8"))
    parts = [HEAD, *(_section(code, faults, data, truth) for code in CODES.values())]
    (DOCS / "data-check.md").write_text("\n".join(parts), encoding="utf-8")


def _section(code: Code, faults: list[dict[str, Any]], data: dict[str, Any], truth: dict[str, Any]) -> str:
    picture = f"images/check/{code.code}.png"
    lines = [
        f"### {code.code}",
        "",
        f"**{code.title}** ({code.severity}).",
        "",
        f"{code.why} {code.advice}",
        "",
    ]
    if (DOCS / picture).exists():
        lines += [f"![Without and with the fault: {code.title.lower()}]({picture})", ""]
    lines += [f"*How it is decided*: {DECIDED[code.code]}", ""]
    found = [row for row in faults if row["code"] == code.code]
    if found:
        said = "; ".join(f"{row['planted by']}: clear {row['clear']}, faint {row['faint']}" for row in found)
        lines += [f"*Planted faults found*: {said}.", ""]
    return "\n".join([*lines, f"*On good data*: {_false_alarms(code.code, data, truth)}", ""])


def _false_alarms(code: str, data: dict[str, Any], truth: dict[str, Any]) -> str:
    images = sum(data[name]["images"] for name in GOOD)
    flagged = {(name, image) for name in GOOD for image, other in data[name]["high"] if other == code}
    true = {(name, image) for name in GOOD for image, codes in truth[name]["true"].items() if code in codes}
    times = sum(
        number
        for name in GOOD
        for kind, number in data[name]["findings"].items()
        if kind.split(" ")[1] == code
    )
    if not times:
        return f"never reported in {images} images."
    if not flagged:
        return f"{times} findings in {images} images (not judged one by one)."
    false = len(flagged - true)
    return (
        f"{len(flagged)} of {images} images with it at high severity, {false} of them wrongly "
        f"({false / images:.1%})."
    )


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    return rows


if __name__ == "__main__":
    main()
