"""`train` in Python looks at the data as the command line does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from planted import Carrier
from planted.mask_faults import invert

from napari_cytounet import train
from napari_cytounet.events import Event, Notice
from napari_cytounet.runs.record import read_record
from napari_cytounet.settings import (
    MaskKind,
    MaskSettings,
    NetworkSettings,
    TrainingSettings,
    TrainSettings,
)


def test_python_looks_at_the_data_unless_told_not_to(binary_nuclei: Carrier, tmp_path: Path) -> None:
    carrier = binary_nuclei.copy()
    invert(carrier, next(iter(carrier.images)), 1, np.random.default_rng(0))
    carrier.write(tmp_path)
    settings = TrainSettings(
        training=TrainingSettings(preset="fast", steps=1, batch_size=2, patch_size=32),
        network=NetworkSettings(base_width=4, depth=2),
        masks=MaskSettings(masks=MaskKind.BINARY),
    )
    images, masks = tmp_path / "images", tmp_path / "masks"
    heard: list[Event] = []
    train(images, masks, out=tmp_path / "looked", settings=settings, on_event=heard.append)
    assert any(isinstance(event, Notice) and "Data check" in event.text for event in heard)
    assert read_record(tmp_path / "looked" / "record.json")["data"]["findings"]
    train(images, masks, out=tmp_path / "not", settings=settings, check=False)
    assert not read_record(tmp_path / "not" / "record.json")["data"].get("findings")
