"""What new folders and files are called."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path


def free_folder(runs: Path, name: str) -> Path:
    """Return a folder for a new run that is not there yet: its name begins with date and time."""
    began = datetime.now().astimezone().strftime("%Y-%m-%d_%H-%M-%S")
    folder, number = runs / f"{began}_{name}", 1
    while folder.exists():
        number += 1
        folder = runs / f"{began}_{name}_{number}"
    return folder


def file_name(layer_name: str) -> str:
    """Return a layer's name without what a file's name cannot hold.

    Examples
    --------
    >>> file_name("A1/cells: 3")
    'A1_cells_3'
    """
    return re.sub(r"[^\w.-]+", "_", layer_name).strip("._")[:60] or "layer"
