"""The whole job on real cells: train, predict, evaluate."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_cytounet import evaluate, predict, train
from napari_cytounet.settings import (
    DeviceSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)

DICE = 0.8
"""Pooled; this training was seen to reach 0.88."""


@pytest.mark.slow
def test_a_short_training_finds_real_cells(tmp_path: Path, data: Path) -> None:
    settings = TrainSettings(
        training=TrainingSettings(steps=60, batch_size=4, patch_size=96),
        network=NetworkSettings(base_width=8, depth=3),
        optimiser=OptimiserSettings(learning_rate=0.01),
        device=DeviceSettings(device="cpu", threads=1),
    )
    cells = data / "bbbc030"
    run = train(
        cells / "train" / "images", cells / "train" / "new_outlines", out=tmp_path / "run", settings=settings
    )
    for part in ("images", "new_outlines"):
        (tmp_path / part).mkdir()
        for path in sorted((cells / "validation" / part).iterdir())[::5]:
            (tmp_path / part / path.name).symlink_to(path)
    predict(run.run, tmp_path / "images", out=tmp_path / "out", device=settings.device)
    scores = evaluate(tmp_path / "out" / "classes", tmp_path / "new_outlines")
    assert len(scores.per_image) == 4
    assert scores.scores["dice"].pooled > DICE
