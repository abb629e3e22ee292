"""What all benchmarks share: where the data is, what machine this is, and how figures are shown and kept."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from napari_cytounet.unet.devices import Device

RESULTS = Path(__file__).parent / "results"


def data_folder() -> Path:
    """Return the folder of real data, or end with a word on how to name it."""
    named = os.environ.get("CYTOUNET_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        sys.exit(f"The data is missing: {folder}. Set CYTOUNET_DATA to the folder that holds it.")
    return folder


def machine() -> str:
    """Return the processor, its cores, the GPU, and what of Python and torch ran on it."""
    from importlib.metadata import version

    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{_processor()}, {cores} cores{gpu}; Python {platform.python_version()}, torch {version('torch')}"


def wait_for(device: Device) -> None:
    """Wait until a GPU has done all that it was given; a clock is read only then."""
    import torch

    if device.torch_device.type == "cuda":
        torch.cuda.synchronize()


def report(name: str, rows: Sequence[Mapping[str, Any]], *, note: str = "") -> None:
    """Print rows as a table and write them to `results/NAME.json` with the machine and the date."""
    table = Table(title=name)
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    Console(width=150).print(table)
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine(), "date": date.today().isoformat(), "note": note, "rows": list(rows)}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
