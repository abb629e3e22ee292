"""How well touching nuclei are told apart with all of `dsb2018/fluo` to learn from and time to spare.

`bench_dsb2018.py [--minutes M] [--device cuda] [--threads N] [NAME ...]` trains every configuration of
`CONFIGURATIONS` (or those that are named) on nine tenths of the folder, each in a process of its own and all
at once, and scores them on the tenth that is named in `dsb2018_test.txt` (54 names, drawn once by
`numpy.random.default_rng(0).permutation` from the 541 sorted ones). Average precision at nine IoUs, objects
of all images pooled. *Validation* is the mean AP at IoU 0.5 to 0.9 on images kept back from those to learn
from, by which the weights are chosen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ablate_objects import INTENSITY
from object_quality import score
from reporting import data_folder, report
from training_runs import train_on

IOUS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
TEST = Path(__file__).parent / "dsb2018_test.txt"
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "balanced": {"training": {"preset": "balanced"}},
    "thorough": {"training": {"preset": "thorough"}},
    "thorough, intensities varied more, batches of 16": {
        "training": {"preset": "thorough", "batch_size": 16},
        "augmentation": INTENSITY,
    },
}


def main() -> None:
    """Run the configurations side by side, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=5, help="of each process")
    parser.add_argument("--one", help="for the processes: the name of the configuration")
    given = parser.parse_args()
    if given.one:
        print("ROW " + json.dumps(one(given.one, given.minutes, given.device, given.threads)))
        return
    budget = ["--minutes", str(given.minutes), "--device", given.device, "--threads", str(given.threads)]
    started = {
        name: subprocess.Popen(
            [sys.executable, __file__, *budget, "--one", name],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": str(given.threads)},
        )
        for name in given.names or CONFIGURATIONS
    }
    rows = []
    for name, process in started.items():
        printed, _ = process.communicate()
        found = [json.loads(line[4:]) for line in printed.splitlines() if line.startswith("ROW ")]
        rows += found or sys.exit(f"{name} ended with {process.returncode}")
    note = f"{given.minutes:g} minutes each, {len(started)} at once, seed 0"
    report("dsb2018", rows, note=note)


def one(name: str, minutes: float, device: str, threads: int) -> dict[str, Any]:
    """Train and score one configuration in this process."""
    settings: dict[str, Any] = {
        **CONFIGURATIONS[name],
        "masks": {"masks": "instances"},
        "instances": {"boundaries": "on"},
        "device": {"device": device, "threads": threads},
    }
    settings["training"] = settings["training"] | {"minutes": minutes}
    data = data_folder() / "dsb2018" / "fluo"
    test = TEST.read_text(encoding="utf-8").split()
    began = time.perf_counter()
    names = (file.name for file in (data / "masks").iterdir())
    result, model = train_on(data, (name for name in names if name not in test), settings)
    trained = time.perf_counter()
    scored = score(model, data, {"all": test}, settings, IOUS)
    return {
        "learnt": name,
        "steps": result.steps,
        "best": result.best_step,
        "validation": round(result.objects or 0, 3),
        **{f"AP {iou:g}": value for iou, value in zip(IOUS, scored["estimated"], strict=True)},
        "Dice": scored["dice"],
        "minutes": round((trained - began) / 60, 2),
    }


if __name__ == "__main__":
    main()
