"""BBBC030: Dice after 15, 60 and 180 s of training on its 20 train images, three seeds each.

Each budget is a run of its own in a fresh process, whose clock starts after the imports and counts reading
the images; the split for choosing weights and threshold is made inside the 20. Scored at full resolution on
the 20 validation images, pooled over all pixels, at the threshold that the model carries.
"""

from __future__ import annotations

import statistics
import sys

from reporting import data_folder, report
from training_runs import train_and_score

from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.settings import MaskKind

BUDGETS = {15: 0.90, 60: 0.925, 180: 0.935}
SEEDS = (0, 1, 2)


def main(options: list[str]) -> None:
    """Run the benchmark; options are handed to `cytounet train`."""
    data = data_folder() / "bbbc030"
    training, test = (
        find_pairs(data / split / "images", data / split / "new_outlines").training
        for split in ("train", "validation")
    )
    rows = []
    for seconds, target in BUDGETS.items():
        outcomes = []
        for seed in SEEDS:
            outcome = train_and_score(
                training, test, kind=MaskKind.BINARY, seconds=seconds, seed=seed, options=options
            )
            print(f"{seconds} s, seed {seed}: {outcome}", flush=True)
            outcomes.append(outcome)
        rows.append(
            {
                "budget s": seconds,
                "target": target,
                "median Dice": round(statistics.median(outcome.dice for outcome in outcomes), 4),
                "Dice of seeds": [round(outcome.dice, 4) for outcome in outcomes],
                "at best threshold": [round(outcome.best_dice, 4) for outcome in outcomes],
                "seconds": [round(outcome.seconds, 1) for outcome in outcomes],
                "steps": [outcome.steps for outcome in outcomes],
            }
        )
    report("bbbc030", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
