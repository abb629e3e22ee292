"""The quick check before a training."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from planted import Carrier
from planted.mask_faults import invert

from napari_cytounet.events import Event, Notice, drain
from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.quality.first_look import first_look
from napari_cytounet.settings import (
    MaskKind,
    MaskSettings,
    TrainSettings,
)

SETTINGS = TrainSettings(masks=MaskSettings(masks=MaskKind.BINARY))


def test_it_tells_what_does_harm_and_returns_all_for_the_record(
    binary_nuclei: Carrier, tmp_path: Path
) -> None:
    carrier = binary_nuclei.copy()
    target = next(iter(carrier.images))
    invert(carrier, target, 1, np.random.default_rng(0))
    carrier.write(tmp_path)
    heard: list[Event] = []
    found = drain(
        first_look(find_pairs(tmp_path / "images", tmp_path / "masks"), SETTINGS, threading.Event()),
        heard.append,
    )
    assert "mask-inverted" in {entry["code"] for entry in found}
    assert all(isinstance(event, Notice) for event in heard)
    assert any(f"{target}.ome.tif" in event.text for event in heard if isinstance(event, Notice))


def test_of_many_pixels_only_some_pairs_are_looked_at(
    binary_nuclei: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary_nuclei.write(tmp_path)
    pairs = find_pairs(tmp_path / "images", tmp_path / "masks")
    monkeypatch.setattr("napari_cytounet.quality.first_look.LEAST_PAIRS", 1)
    shares = {}
    for fields in (2, 100):
        monkeypatch.setattr("napari_cytounet.quality.first_look.MOST_PIXELS", fields * 256 * 256)
        heard: list[Event] = []
        drain(first_look(pairs, SETTINGS, threading.Event()), heard.append)
        shares[fields] = next(event.text for event in heard if isinstance(event, Notice))
    assert "in 3 of 5 images" in shares[2]
    assert "in 5 of 5 images" in shares[100]
