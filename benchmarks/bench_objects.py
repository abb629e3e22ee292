"""How long 100,000 objects in one image take to be measured, scored, traced and drawn, and how much memory.

The image is synthetic: ellipses of two sizes on a grid, about 16 pixels across, one channel of noise. Each
part runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from reporting import report

from napari_cytounet.images.annotations.drawing import draw_shapes
from napari_cytounet.images.annotations.shapes import Shape
from napari_cytounet.images.annotations.tracing import trace_objects
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.measurement.image_objects import count_objects
from napari_cytounet.measurement.object_scores import IOU_THRESHOLDS
from napari_cytounet.measurement.objects import measure_objects

ROWS, COLUMNS, PITCH = 316, 317, 20
"""Objects down and across, and pixels from one to the next: 100,172 objects in 6320 x 6340 pixels."""


def make_labels() -> np.ndarray:
    """Return the label image."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:PITCH, :PITCH] - PITCH / 2 + 0.5
    stamps = np.stack([(y / 9) ** 2 + (x / 7) ** 2 < 1, (y / 5) ** 2 + (x / 8) ** 2 < 1])
    numbers = rng.permutation(np.arange(1, ROWS * COLUMNS + 1, dtype=np.int32)).reshape(ROWS, COLUMNS)
    chosen = stamps[rng.integers(0, 2, (ROWS, COLUMNS))]
    tiles = chosen * numbers[..., np.newaxis, np.newaxis]
    return tiles.transpose(0, 2, 1, 3).reshape(ROWS * PITCH, COLUMNS * PITCH)


def measure(labels: np.ndarray) -> None:
    """Measure everything, in pixels and micrometres, with one channel."""
    image = np.random.default_rng(0).random((1, *labels.shape), np.float32)
    measure_objects(labels, image, PixelSize(0.5, 0.5))


def score(labels: np.ndarray) -> None:
    """Score the labels against themselves, moved by three pixels."""
    count_objects(np.roll(labels, 3, axis=0), labels, IOU_THRESHOLDS)


def trace(labels: np.ndarray) -> None:
    """Trace all outlines, as for an export."""
    trace_objects(labels)


def trace_and_draw(labels: np.ndarray) -> None:
    """Trace all outlines and draw them again, as for an export and an import."""
    shapes = [Shape(parts) for parts in trace_objects(labels).values()]
    draw_shapes(shapes, labels.shape)


PARTS: dict[str, Callable[[np.ndarray], None]] = {
    part.__name__: part for part in (measure, score, trace, trace_and_draw)
}


def main() -> None:
    """Run one part, or each in a process of its own."""
    if len(sys.argv) > 1:
        run(sys.argv[1])
        return
    rows = []
    for name in PARTS:
        done = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout))
        print(rows[-1], flush=True)
    report("objects", rows, note="target: 100,000 objects labelled and measured in under 60 s")


def run(name: str) -> None:
    """Time one part, and print its row as JSON."""
    labels = make_labels()
    before = peak()
    began = time.perf_counter()
    PARTS[name](labels)
    seconds = time.perf_counter() - began
    row = {
        "part": name.replace("_", " "),
        "objects": int(labels.max()),
        "image MB": round(labels.nbytes / 1e6),
        "seconds": round(seconds, 1),
        "peak MB above": round((peak() - before) / 1e6),
    }
    print(json.dumps(row))


def peak() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
