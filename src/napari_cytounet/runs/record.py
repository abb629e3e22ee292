"""The record of a run: all that made the model, as JSON beside it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from napari_cytounet import __version__
from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "scikit-image",
    "tifffile",
    "imagecodecs",
    "zarr",
    "safetensors",
    "pydantic",
)

Record = dict[str, Any]
"""What `record.json` holds: `settings`, `data`, `environment` and so on, and `result` once there is one."""


def environment(device: str, threads: int) -> Record:
    """Return the versions, the platform and the device that a run depends on."""
    return {
        "napari-cytounet": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "processor": processor(),
        "instructions": torch_instructions(),
        "device": device,
        "threads": threads,
    }


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def torch_instructions() -> str:
    """Return which instructions of the processor torch uses: results are equal only where these are."""
    import torch  # here: whoever only reads records need not wait for it

    return str(torch.backends.cpu.get_cpu_capability())


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def digest(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what went into a run: the record without its result and its dates.

    Examples
    --------
    >>> digest({"settings": {"seed": 0}, "result": {"dice": 0.9}}) == digest({"settings": {"seed": 0}})
    True
    """
    made_of = {name: value for name, value in record.items() if name not in ("result", "created", "finished")}
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def read_record(path: Path) -> Record:
    """Read a record.

    Raises
    ------
    OutputError
        If it is missing or damaged.
    """
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise OutputError(f"There is no record {path}: this is not the folder of a run.") from error
    except ValueError as error:
        raise OutputError(f"The record {path} is damaged ({error}).") from error
    return record


def is_session(record: Record) -> bool:
    """Tell whether a record is that of a correction session, which is no training to resume or repeat."""
    return "correction" in record.get("settings", {})


def read_training_record(path: Path) -> Record:
    """Read the record of a training.

    Raises
    ------
    OutputError
        If it is missing or damaged, or that of a correction session.
    """
    record = read_record(path)
    if is_session(record):
        raise OutputError(
            f"{path.parent} is a correction session, which is told of by its journal and versions, not by "
            "the steps of a training. `cytounet predict` takes it for a model; to train on what was painted, "
            "export its pairs in the widget and run `cytounet train`."
        )
    return record
