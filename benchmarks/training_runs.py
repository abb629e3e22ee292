"""Training, as a user would or in this process, and scoring what comes out on images never touched."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_cytounet import train
from napari_cytounet.images.pairing import Pair
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.truth import understand_masks
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.segmentation.calibration import Calibration
from napari_cytounet.settings import MaskKind, MaskSettings, TrainSettings
from napari_cytounet.unet.model import Model, load_model
from napari_cytounet.unet.prediction import predict_plane


@dataclass(frozen=True)
class Outcome:
    """One training: seconds from the call of `train` to its end, and Dice on the test images.

    `dice` is at the model's own thresholds, `best_dice` at the best threshold for the test images, which no
    user can know: the gap is what calibration leaves on the table.
    """

    seconds: float
    steps: int
    validation_dice: float | None
    dice: float
    best_dice: float


def train_and_score(
    training: Sequence[Pair],
    test: Sequence[Pair],
    *,
    kind: MaskKind,
    seconds: float,
    seed: int,
    options: Sequence[str] = (),
) -> Outcome:
    """Train with `cytounet train` for so many seconds and score the model at full resolution."""
    with tempfile.TemporaryDirectory() as folder:
        for pair in training:
            link(pair.image, Path(folder) / "images" / pair.image.name)
            # Images and masks pair by name whatever they are called in the source.
            link(pair.mask, Path(folder) / "masks" / (pair.image.stem + pair.mask.suffix))
        command = [sys.executable, "-m", "napari_cytounet", "train", f"{folder}/images", f"{folder}/masks"]
        command += ["--out", f"{folder}/run", "--masks", kind, "--minutes", str(seconds / 60)]
        command += ["--seed", str(seed), "--json", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        result = json.loads(done.stdout)
        dice, best = score(Path(folder) / "run", test, kind)
    return Outcome(result["seconds"], result["steps"], result["dice"], dice, best)


def train_on(data: Path, names: Iterable[str], settings: dict[str, Any]) -> tuple[TrainResult, Model]:
    """Train in this process on some of the `images` and `masks` in a folder; return the model, too."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for part in ("images", "masks"):
                link(data / part / name, Path(folder) / part / name)
        result = train(
            f"{folder}/images",
            f"{folder}/masks",
            out=f"{folder}/run",
            settings=TrainSettings.model_validate(settings),
        )
        return result, load_model(result.run)


def score(model: Path, pairs: Sequence[Pair], kind: MaskKind) -> tuple[float, float]:
    """Return Dice pooled over all pixels, mean over classes: at the model's thresholds and at the best."""
    loaded = load_model(model)
    reading = understand_masks([open_image(pair.mask) for pair in pairs], MaskSettings(masks=kind))
    calibration = Calibration(len(loaded.card.classes))
    for pair in pairs:
        truth = reading.read(open_image(pair.mask))
        if truth is not None:
            calibration.update(predict_plane(loaded, open_image(pair.image)), truth.classes)
    own = [calibration.dice_at(t)[k] for k, t in enumerate(loaded.card.thresholds)]
    best = calibration.dice()
    return sum(own) / len(own), sum(best) / len(best)


def link(source: Path, place: Path) -> None:
    """Put a link to a file in a place, whose folder is made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source.resolve())
