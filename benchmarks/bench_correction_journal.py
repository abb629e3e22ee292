"""Does it stay as quick with 5,000 strokes? Writing, reading and learning them, on 8192 x 8192 pixels.

Strokes are 60 pixels long and 9 wide, each in a place of its own: the worst case for memory. Targets: a
stroke is written in 10 ms, a session of 5,000 is read again in 5 s, a step and a proposal take as long as
with 5.

    python benchmarks/bench_correction_journal.py [--check]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from reporting import report

from napari_cytounet.correction.annotation import Box, PlaneKey, Values
from napari_cytounet.correction.journal import Entry, JournalReader, Layer, append_entry
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.images.image import Image
from napari_cytounet.settings import CorrectionSettings, DeviceSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard

SIDE = 8192
LENGTH, WIDTH = 60, 9
STEPS = 10


def _stroke(value: int) -> Values:
    """Return a diagonal line."""
    across = np.arange(LENGTH)
    near = np.abs(across[:, None] - across) <= WIDTH // 2
    return np.where(near, value, 0).astype(np.uint8)


def _write(journal: Path, count: int) -> list[float]:
    """Write strokes and return the milliseconds that each took."""
    random = np.random.default_rng(0)
    took = []
    for number in range(count):
        top, left = random.integers(0, SIDE - LENGTH, 2)
        box, values = Box(top, left, top + LENGTH, left + LENGTH), _stroke(1 + number % 2)
        began = time.perf_counter()
        append_entry(journal, PlaneKey(0), Layer.STROKES, box, values)
        took.append(1000 * (time.perf_counter() - began))
    return took


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _training() -> CorrectionTraining:
    settings = CorrectionSettings()
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    rows = np.random.default_rng(0).integers(0, 99, (1, SIDE)).astype(np.uint8)
    image = Image.from_array(np.repeat(rows, SIDE, axis=0), "YX")
    device = choose_device(DeviceSettings(device="cpu"))
    return CorrectionTraining([image], card, build_network(card, 0), settings, device)


def _play(entries: Sequence[Entry]) -> Supervision:
    supervision = Supervision()
    for entry in entries:
        supervision.apply(entry)
    return supervision


def measure(folder: Path, count: int) -> dict[str, object]:
    """Write, read and learn so many strokes."""
    journal = folder / f"{count}.jsonl"
    took = _write(journal, count)
    entries = JournalReader(journal).read()
    training = _training()
    taken = _seconds(lambda: training.take(entries))
    training.learn(STEPS)  # squares of the image are read
    training.propose()
    return {
        "strokes": count,
        "written ms, median": float(np.median(took)),
        "99 %": float(np.percentile(took, 99)),
        "journal MB": journal.stat().st_size / 1e6,
        "read and played s": _seconds(lambda: _play(JournalReader(journal).read())),
        "taken in by a trainer s": taken,
        "step ms": 1000 * _seconds(lambda: training.learn(STEPS)) / STEPS,
        "proposal ms": 1000 * _seconds(training.propose),
        "pixels and owners MB": training.supervision.nbytes / 1e6,
    }


def main() -> None:
    """Measure with few strokes and with many."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="with few strokes alone, and keep no results")
    with tempfile.TemporaryDirectory() as folder:
        if options.parse_args().check:
            print(measure(Path(folder), 5))
            return
        rows = [measure(Path(folder), count) for count in (5, 500, 5000)]
    report(
        "correction_journal", rows, note="Targets: written in 10 ms, read in 5 s, steps and proposals alike."
    )


if __name__ == "__main__":
    main()
