"""What predicting a 4096 x 4096 image costs over the bare forward passes on the very same tiles.

Whole: reading the TIFF, normalising, cutting, the network, blending and writing the probabilities to a TIFF.
Bare: the folded network on the very same tiles, already there as tensors. Both are run in turns in one
process. The halo's own cost is the number of pixels that the network sees over the number of pixels of the
working grid.

Kinds of device are named as arguments (`bench_prediction.py cuda`), all that are here if none is.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from reporting import report, wait_for

from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.images.writing import open_writer, write_image
from napari_cytounet.settings import PredictionSettings, TrainingSettings, TrainSettings
from napari_cytounet.unet.devices import Device, available_kinds, choose_device
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.model import Model, build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.prediction import predicted_boxes

SIZE = 4096
LEAST_ROUNDS = 2
LEAST_SECONDS = 20.0
"""Rounds of one whole and one bare prediction are timed until both are reached: short ones need more."""
CASES = (("fast", 1.0), ("balanced", 1.0), ("balanced", 0.5), ("thorough", 1.0), ("cytounet", 1.0))
SETTINGS = PredictionSettings()


def main(kinds: list[str]) -> None:
    """Run the benchmark on some kinds of device, or on every one that is here."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "cells.tif"
        tile = make_cells("dic", shape=(512, 512), seed=0).image
        write_image(source, np.tile(tile, (SIZE // 512, SIZE // 512)), "YX")
        for kind in kinds or available_kinds():
            rows = [measure(preset, scale, kind, source) for preset, scale in CASES]
            note = "median of the ratios of neighbouring rounds; targets 1.10 and 1.35"
            report(f"prediction-{kind}", rows, note=note)


def measure(preset: str, scale: float, kind: str, source: Path) -> dict[str, object]:
    """Time one network on one device."""
    settings = TrainSettings(training=TrainingSettings.model_validate({"preset": preset})).with_preset()
    device = choose_device(settings.device.model_copy(update={"device": kind}))
    card = ModelCard(
        channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,), working_scale=scale
    )
    model = Model(build_network(card, seed=0).eval(), card)
    whole: list[float] = []
    bare: list[float] = []
    with device.threads_set():
        tiles = seen_tiles(model, open_image(source), device)  # which warms up too
        time_whole(model, source, device)
        ends = time.perf_counter() + LEAST_SECONDS
        while len(whole) < LEAST_ROUNDS or time.perf_counter() < ends:
            bare.append(time_bare(model, tiles, device))
            whole.append(time_whole(model, source, device))
    pixels = sum(tile.shape[-2] * tile.shape[-1] for tile in tiles)
    row = {
        "device": kind,
        "mixed precision": device.precision,
        "preset": preset,
        "scale": scale,
        "whole s": round(statistics.median(whole), 3),
        "bare s": round(statistics.median(bare), 3),
        "ratio": round(statistics.median(w / b for w, b in zip(whole, bare, strict=True)), 3),
        "halo": round(pixels / (SIZE * scale) ** 2, 3),
        "s/MP": round(statistics.median(whole) / (SIZE**2 / 1e6), 3),
        "tiles": len(tiles),
        "rounds": len(whole),
    }
    print(row, flush=True)
    return row


def seen_tiles(model: Model, image: Image, device: Device) -> list[torch.Tensor]:
    """Return all tensors that the network is given, in order."""
    tiles: list[torch.Tensor] = []

    def note(_: object, inputs: tuple[torch.Tensor, ...]) -> None:
        tiles.append(inputs[0].clone())

    handle = model.network.register_forward_pre_hook(note)  # copied along when the network is folded
    try:
        for _ in predicted_boxes(unfolded(model), image, settings=SETTINGS, device=device):
            pass
    finally:
        handle.remove()
    return tiles


def time_whole(model: Model, source: Path, device: Device) -> float:
    """Return the seconds from the file of the image to the file of the probabilities."""
    out = source.with_name("probabilities.tif")
    out.unlink(missing_ok=True)  # giving back the disk of the round before is not part of predicting
    began = time.perf_counter()
    image = open_image(source)
    sizes = {"Y": image.height, "X": image.width}
    with open_writer(out, sizes=sizes, dtype=np.float32) as writer:
        for box in predicted_boxes(unfolded(model), image, settings=SETTINGS, device=device):
            writer.write((), box.rows, box.columns, box.values)
    return time.perf_counter() - began


def unfolded(model: Model) -> Model:
    """Return a model that has predicted nothing yet: folding its network is part of the whole."""
    return Model(model.network, model.card)


@torch.inference_mode()
def time_bare(model: Model, tiles: list[torch.Tensor], device: Device) -> float:
    """Return the seconds of the forward passes alone."""
    network = for_inference(model.network, device)
    wait_for(device)
    began = time.perf_counter()
    for tile in tiles:
        with device.autocast():
            network(tile)
    wait_for(device)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
