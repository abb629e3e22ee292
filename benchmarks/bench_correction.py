"""How much must be painted: a played annotator from nothing, on images that it never touches.

For each set: the Dice there after so many strokes, as a share of what the same network reaches when it is
trained on the full masks of the same images for the same time; and, with `--places`, the strokes that places
drawn at random need. Each seed of a set is a run of its own; the table and the curves, which
`docs/make_curves.py` draws, are written anew after each.

    python benchmarks/bench_correction.py [--sets bbbc030] [--seeds 0 1] [--places worst random] [--most 40]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from reporting import RESULTS, data_folder, report
from training_runs import link, train_and_score

from napari_cytounet.images.pairing import Pair, find_pairs
from napari_cytounet.settings import CorrectionSettings, MaskKind

SECONDS = 4.0
"""Machine time from one stroke to the next."""

Split = tuple[list[Pair], list[Pair]]


@dataclass(frozen=True)
class Set:
    """Images to paint in, and after how many strokes which share of the full masks' Dice is wanted."""

    split: Callable[[], Split]
    kind: MaskKind
    targets: dict[int, float]


def bbbc030() -> Split:
    """Return 20 images to paint in and 20 others."""
    folder = data_folder() / "bbbc030"
    parts = (folder / part for part in ("train", "validation"))
    painted, kept = (find_pairs(part / "images", part / "new_outlines").training for part in parts)
    return painted, kept


def dsb2018() -> Split:
    """Return 20 images of nuclei to paint in and 50 others, drawn with seed 0 from the sorted names."""
    pairs = find_pairs(data_folder() / "dsb2018" / "fluo").training
    drawn = random.Random(0).sample(sorted(pairs, key=lambda pair: pair.image.name), 100)
    return drawn[:20], drawn[50:]


def usiigaci() -> Split:
    """Return 10 fields of cells in phase contrast and 4 others, by file."""
    pairs = find_pairs(data_folder() / "usiigaci_phase").training
    return pairs[:10], pairs[10:]


def wbc2() -> Split:
    """Return 30 white blood cells and 20 others, by file."""
    pairs = find_pairs(data_folder() / "wbc2").training
    return pairs[:30], pairs[30:]


SETS = {
    "bbbc030": Set(bbbc030, MaskKind.BINARY, {30: 0.95, 80: 0.98}),
    "dsb2018": Set(dsb2018, MaskKind.INSTANCES, {40: 0.97}),
    "usiigaci": Set(usiigaci, MaskKind.INSTANCES, {120: 0.90}),
    "wbc2": Set(wbc2, MaskKind.CLASSES, {60: 0.95}),
}


def main(words: list[str]) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--most", type=int, default=200, help="leave targets of more strokes out")
    parser.add_argument("--places", nargs="+", choices=["worst", "random"], default=["worst"])
    chosen = parser.parse_args(words)
    curves: dict[tuple[str, str], list[dict[int, float]]] = {}
    full: dict[tuple[str, int], float] = {}
    for seed in chosen.seeds:
        for name in chosen.sets:
            wanted = [strokes for strokes in SETS[name].targets if strokes <= chosen.most]
            for places in chosen.places:
                curve = simulate(SETS[name], seed, places, max(wanted))
                print(name, places, seed, curve, flush=True)
                curves.setdefault((name, places), []).append(curve)
            for strokes in wanted:
                if (name, strokes) not in full:
                    full[name, strokes] = trained_on_masks(SETS[name], strokes)
                    print(name, strokes, "full masks", full[name, strokes], flush=True)
            note = f"{SECONDS:g} s of machine time a stroke"
            report("correction", [*of_others("correction", chosen.sets), *rows(curves, full)], note=note)
            known = of_others("correction_curves", chosen.sets)
            report("correction_curves", [*known, *points(curves)], note=note)


def of_others(name: str, sets: list[str]) -> list[dict[str, object]]:
    """Return what was read earlier of the sets that are left out now."""
    file = RESULTS / f"{name}.json"
    known = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.exists() else []
    return [row for row in known if row["data"] not in sets]


def simulate(data: Set, seed: int, places: str, strokes: int) -> dict[int, float]:
    """Play the annotator in a process of its own; return mean Dice by strokes."""
    painted, kept = data.split()
    with tempfile.TemporaryDirectory() as folder:
        for part, pairs in (("painted", painted), ("kept", kept)):
            for pair in pairs:
                link(pair.image, Path(folder) / part / "images" / pair.image.name)
                link(pair.mask, Path(folder) / part / "masks" / (pair.image.stem + pair.mask.suffix))
        command = [sys.executable, "-m", "napari_cytounet", "simulate"]
        command += [f"{folder}/painted/images", f"{folder}/painted/masks", "--masks", data.kind]
        command += ["--test", f"{folder}/kept/images", f"{folder}/kept/masks", "--json"]
        command += ["--strokes", str(strokes), "--seconds", str(SECONDS), "--seed", str(seed)]
        command += ["--places", places]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
    points: list[dict[str, Any]] = json.loads(done.stdout)["points"]
    return {point["strokes"]: sum(point["dice"]) / len(point["dice"]) for point in points}


def trained_on_masks(data: Set, strokes: int) -> float:
    """Return the Dice of the same network, trained on the full masks for the time of so many strokes."""
    network = CorrectionSettings().network
    options = ["--base-width", str(network.base_width), "--depth", str(network.depth)]
    options += ["--guided"] if network.guided else []
    painted, kept = data.split()
    return train_and_score(
        painted, kept, kind=data.kind, seconds=SECONDS * strokes, seed=0, options=options
    ).dice


def rows(
    curves: dict[tuple[str, str], list[dict[int, float]]], full: dict[tuple[str, int], float]
) -> list[dict[str, object]]:
    """Return a row for each set, way to choose places, and number of strokes that has a target."""
    found = []
    for (name, places), seeds in curves.items():
        for strokes, target in SETS[name].targets.items():
            dice = [curve[strokes] for curve in seeds if strokes in curve]
            if not dice or (name, strokes) not in full:
                continue
            found.append(
                {
                    "data": name,
                    "places": places,
                    "strokes": strokes,
                    "median Dice": round(median(dice), 4),
                    "Dice of seeds": [round(value, 4) for value in dice],
                    "full masks": round(full[name, strokes], 4),
                    "share": round(median(dice) / full[name, strokes], 3),
                    "target": target,
                }
            )
    return found


def points(curves: dict[tuple[str, str], list[dict[int, float]]]) -> list[dict[str, object]]:
    """Return a row for each seed: strokes, and the Dice after them."""
    return [
        {
            "data": name,
            "places": places,
            "strokes": list(curve),
            "Dice": [round(at, 4) for at in curve.values()],
        }
        for (name, places), seeds in curves.items()
        for curve in seeds
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
