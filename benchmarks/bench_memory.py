"""Memory for predicting a 20,000 x 20,000 Zarr: the highest RSS above the interpreter's own.

The interpreter's own is what the same process has used once all that prediction needs is imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import zarr
from reporting import report

SIZE = 20_000
CHUNK = 1_000

PREDICT = """
import json, sys
from resource import RUSAGE_SELF, getrusage
from napari_cytounet.images.reading import open_image
from napari_cytounet.runs.predicting import predict
from napari_cytounet.settings import PredictionSettings

own = getrusage(RUSAGE_SELF).ru_maxrss
model, image, out, *output = sys.argv[1:]
predict(model, [image], out=out, settings=PredictionSettings(output=tuple(output)))
print(json.dumps({"own": own, "peak": getrusage(RUSAGE_SELF).ru_maxrss}))
"""


def main(side: int = SIZE) -> None:
    """Run the benchmark."""
    from napari_cytounet.images.samples.synthetic import make_cells
    from napari_cytounet.settings import NetworkSettings
    from napari_cytounet.unet.model import build_network, save_model
    from napari_cytounet.unet.model_card import ModelCard

    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        card = ModelCard(
            channels=1, classes=("cell",), network=NetworkSettings(), thresholds=(0.5,), working_scale=0.5
        )
        save_model(folder / "model.safetensors", build_network(card, seed=0).state_dict(), card)
        cells = make_cells("fluorescence", shape=(CHUNK, CHUNK), count=200, seed=0).image
        image = zarr.create_array(
            folder / "plane.zarr", shape=(side, side), chunks=(CHUNK, CHUNK), dtype=np.uint8
        )
        for row in range(0, side, CHUNK):
            image[row : row + CHUNK] = np.tile(cells, (1, side // CHUNK))
        for output in (["probabilities"], ["probabilities", "classes", "instances"]):
            out = folder / "-".join(output)
            began = time.perf_counter()
            files = [str(folder / "model.safetensors"), str(folder / "plane.zarr"), str(out)]
            command = [sys.executable, "-c", PREDICT, *files, *output]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures = json.loads(done.stdout)
            rows.append(
                {
                    "image": f"{side} x {side} uint8 Zarr",
                    "output": ", ".join(output),
                    "interpreter MB": round(figures["own"] / 1024),
                    "peak MB": round(figures["peak"] / 1024),
                    "above MB": round((figures["peak"] - figures["own"]) / 1024),
                    "seconds": round(time.perf_counter() - began),
                }
            )
            print(rows[-1], flush=True)
    report("memory", rows, note="target: at most 1500 MB above the interpreter")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
