"""Dice after 60, 180 and 600 s on three more sets of real images, with one preset for all.

`a549`: the two images img_9 and img_10 are left out. `isbi2012`: 16 slices to learn from, 4 to test.
`dsb2018`: 50 fluorescence images to learn from and 50 others to test, drawn once with seed 0 from the
sorted names.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

from reporting import data_folder, report
from training_runs import train_and_score

from napari_cytounet.images.pairing import Pair, find_pairs
from napari_cytounet.settings import MaskKind

BUDGETS = (60, 180, 600)
Split = tuple[list[Pair], list[Pair]]


def a549() -> Split:
    """Return the split of A549 cells, phase contrast."""
    folder = data_folder() / "a549"
    pairs = find_pairs(folder / "images", folder / "masks").training
    test = [pair for pair in pairs if pair.image.stem in ("img_9", "img_10")]
    return [pair for pair in pairs if pair not in test], test


def isbi2012() -> Split:
    """Return the split of neuronal structures, electron microscopy."""
    folder = data_folder() / "isbi2012"
    pairs = find_pairs(folder / "image", folder / "label").training
    return pairs[:16], pairs[16:]


def dsb2018() -> Split:
    """Return the split of nuclei, fluorescence."""
    folder = data_folder() / "dsb2018" / "fluo"
    pairs = find_pairs(folder).training
    drawn = random.Random(0).sample(sorted(pairs, key=lambda pair: pair.image.name), 100)
    return drawn[:50], drawn[50:]


SETS: dict[str, tuple[Callable[[], Split], MaskKind]] = {
    "a549": (a549, MaskKind.BINARY),
    "isbi2012": (isbi2012, MaskKind.BINARY),
    "dsb2018": (dsb2018, MaskKind.INSTANCES),
}


def main(options: list[str]) -> None:
    """Run the benchmark; options are handed to `cytounet train`."""
    splits = {name: split() for name, (split, _) in SETS.items()}
    rows: dict[str, dict[str, object]] = {
        name: {"data": name, "train": len(training), "test": len(test)}
        for name, (training, test) in splits.items()
    }
    for seconds in BUDGETS:
        for name, (_, kind) in SETS.items():
            outcome = train_and_score(*splits[name], kind=kind, seconds=seconds, seed=0, options=options)
            print(f"{name}, {seconds} s: {outcome}", flush=True)
            rows[name][f"Dice {seconds} s"] = round(outcome.dice, 4)
        report("datasets", list(rows.values()), note="one preset (balanced), one seed")


if __name__ == "__main__":
    main(sys.argv[1:])
