"""What learning boundaries, scale and augmentation are worth for touching objects, at equal cost.

`ablate_objects.py [--steps N | --minutes M] [--processes N] [--threads N] [--seconds S] [NAME ...]` trains
every configuration of `CONFIGURATIONS` (or those whose names begin with a NAME) in a process of its own, N at
a time, scores it on images that it has never seen (`object_quality.py`), prints each row as it comes and
writes all of them to `$OUT` (or `results/`). A configuration that fails, or that would begin after S seconds,
costs no other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from object_quality import dsb_split, score, usi_split
from reporting import RESULTS, data_folder, machine
from training_runs import train_on

BASE: dict[str, Any] = {
    "training": {"preset": "fast"},
    "masks": {"masks": "instances"},
    "instances": {"boundaries": "on"},
}
INTENSITY = {"contrast": 0.3, "brightness": 0.1, "gamma": 0.4, "noise": 0.03}


def _config(name: str, data: str = "dsb", seed: int = 0, **concerns: dict[str, Any]) -> dict[str, Any]:
    settings = {key: dict(BASE.get(key, {})) | dict(concerns.get(key, {})) for key in {*BASE, *concerns}}
    settings["training"]["seed"] = seed
    return {"name": f"{name}/{data}/{seed}", "data": data, "settings": settings}


CONFIGURATIONS: list[dict[str, Any]] = [
    *(
        _config(f"boundaries={on}", data, seed, instances={"boundaries": on})
        for data in ("dsb", "usi")
        for seed in range(3)
        for on in ("off", "on")
    ),
    *(_config("own=off", data, instances={"own_scale": "off"}) for data in ("dsb", "usi")),
    _config("own=off,aug=0.5-2", instances={"own_scale": "off"}, augmentation={"scale": (0.5, 2.0)}),
    _config("intensity", augmentation=INTENSITY),
    _config("gamma", augmentation={"gamma": 0.5}),
    *(_config(f"boundary_weight={w:g}", instances={"boundary_weight": w}) for w in (1.0, 10.0)),
    *(_config("balanced", seed=seed, training={"preset": "balanced"}) for seed in range(3)),
    _config("balanced,intensity", training={"preset": "balanced"}, augmentation=INTENSITY),
]


def one(
    configuration: dict[str, Any], *, steps: int, minutes: float | None, gpu: str, threads: int
) -> dict[str, Any]:
    """Train and score one configuration in this process."""
    learn, test = dsb_split() if configuration["data"] == "dsb" else usi_split()
    data = data_folder() / ("dsb2018/fluo" if configuration["data"] == "dsb" else "usiigaci_phase")
    settings = json.loads(json.dumps(configuration["settings"]))
    if minutes:
        settings["training"]["minutes"] = minutes
    else:
        settings["training"]["steps"] = steps
    on_gpu = settings["training"]["preset"] == "balanced"
    settings["device"] = {"device": gpu if on_gpu else "cpu", "threads": threads}
    began = time.perf_counter()
    result, model = train_on(data, learn, settings)
    row: dict[str, Any] = {
        "name": configuration["name"],
        "steps": result.steps,
        "best": result.best_step,
        "seconds": round(time.perf_counter() - began, 1),
        "card": model.card.model_dump(mode="json"),
    }
    return row | score(model, data, test, settings)


def pack(folder: Path) -> None:
    """Copy what the configurations need, compressed: the images of usiigaci in 8 bits."""
    for data, (learn, test) in {"dsb2018/fluo": dsb_split(), "usiigaci_phase": usi_split()}.items():
        for name in [*learn, *(name for members in test.values() for name in members)]:
            for part in ("images", "masks"):
                values = tifffile.imread(data_folder() / data / part / name)
                if part == "images" and values.dtype == np.uint16:
                    low, high = np.percentile(values, [0.05, 99.95])
                    values = np.clip((values - low) / (high - low) * 255, 0, 255).astype(np.uint8)
                (folder / data / part).mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(folder / data / part / name, values, compression="zlib")
    (folder / "split.json").write_text(json.dumps(dsb_split()))


def main() -> None:
    """Run the configurations, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--minutes", type=float, help="budget of each, in place of steps")
    parser.add_argument("--gpu", default="auto", help="device of the preset balanced; fast runs on the CPU")
    parser.add_argument("--threads", type=int, default=2, help="of each process")
    parser.add_argument("--pack", type=Path, help="only copy the data that is needed to this folder")
    parser.add_argument("--seconds", type=float, default=1e6)
    parser.add_argument("--one", help="for the processes: the configuration as JSON")
    given = parser.parse_args()
    if given.pack:
        pack(given.pack)
        return
    budget = {"steps": given.steps, "minutes": given.minutes, "gpu": given.gpu, "threads": given.threads}
    if given.one:
        print("ROW " + json.dumps(one(json.loads(given.one), **budget)))
        return
    chosen = [
        c for c in CONFIGURATIONS if not given.names or any(c["name"].startswith(n) for n in given.names)
    ]
    out = Path(os.environ.get("OUT", RESULTS))
    out.mkdir(exist_ok=True, parents=True)
    began = time.perf_counter()
    rows: list[dict[str, Any]] = []

    def run(configuration: dict[str, Any]) -> dict[str, Any]:
        left = given.seconds - (time.perf_counter() - began)
        if left < 30:
            return {"name": configuration["name"], "failed": "no time left"}
        command = [sys.executable, __file__, "--one", json.dumps(configuration)]
        for option, value in budget.items():
            command += [] if value is None else [f"--{option}", str(value)]
        environment = os.environ | {"OMP_NUM_THREADS": str(given.threads)}
        if given.processes > 1:  # spinning threads of one would take the cores from the others
            environment["OMP_WAIT_POLICY"] = "passive"
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=left, env=environment
            )
            row = next((line[4:] for line in done.stdout.splitlines() if line.startswith("ROW ")), None)
            return json.loads(row) if row else {"name": configuration["name"], "failed": done.stderr[-600:]}
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return {"name": configuration["name"], "failed": traceback.format_exc()[-300:]}

    with ThreadPoolExecutor(given.processes) as pool:
        for future in as_completed([pool.submit(run, configuration) for configuration in chosen]):
            row = future.result()
            rows.append(row)
            shown = {key: value for key, value in row.items() if key != "card"}
            print(f"{time.perf_counter() - began:.0f} s: {json.dumps(shown)}", flush=True)
            content = {"machine": machine(), "budget": budget, "rows": rows}
            (out / "ablation.json").write_text(json.dumps(content, indent=1))
    print("\nname | Dice | AP .5 .6 .7 .8 .9 | oracle scale")
    for row in sorted(rows, key=lambda row: row["name"]):
        if "failed" not in row:
            print(row["name"], "|", row["dice"], "|", *row["estimated"], "|", *row.get("oracle", []))


if __name__ == "__main__":
    main()
