"""A small image with bright cells, strokes on it, and sessions with a network that learns it in no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, PlaneKey, Values
from napari_cytounet.correction.journal import Entry, Layer, append_entry
from napari_cytounet.correction.session import create_session
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.images.image import Image
from napari_cytounet.settings import CorrectionSettings, DeviceSettings, NetworkSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard

MakeEntry = Callable[..., Entry]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute with one thread: tiny networks gain nothing from more."""
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(former)


@pytest.fixture(scope="session")
def settings() -> CorrectionSettings:
    """Settings with which a few dozen steps are enough."""
    return CorrectionSettings(
        network=NetworkSettings(base_width=4, depth=1),
        patch_size=32,
        stroke_patches=4,
        free_patches=1,
        learning_rate=0.02,
        averaging=0.8,
    )


@pytest.fixture(scope="session")
def pixels() -> NDArray[np.uint8]:
    """Return squares on a dark background, (96, 128)."""
    values = np.random.default_rng(0).integers(0, 40, (96, 128)).astype(np.uint8)
    for top, left in ((8, 8), (8, 72), (56, 40), (60, 100)):
        values[top : top + 24, left : left + 24] += 150
    return values


@pytest.fixture(scope="session")
def entry() -> MakeEntry:
    """Return a function that makes an entry: a box filled with a value, or with an array."""

    def made(
        number: int,
        box: tuple[int, int, int, int],
        value: int | Values,
        *,
        plane: PlaneKey = PlaneKey(0),
        layer: Layer = Layer.STROKES,
    ) -> Entry:
        where = Box(*box)
        values = np.full(where.shape, value, np.uint8) if isinstance(value, int) else value
        return Entry(number, plane, layer, where, values, 0.0)

    return made


@pytest.fixture(scope="session")
def strokes(entry: MakeEntry) -> list[Entry]:
    """Two strokes of cell and two of background."""
    return [
        entry(1, (14, 14, 20, 28), 2),
        entry(2, (40, 4, 46, 34), 1),
        entry(3, (60, 48, 70, 60), 2),
        entry(4, (36, 90, 44, 120), 1),
    ]


@pytest.fixture
def begin(pixels: NDArray[np.uint8], settings: CorrectionSettings) -> Callable[..., CorrectionTraining]:
    """Return a function that makes a training on the image; nothing is painted yet."""

    def begun(*, known: int | None = None, classes: int = 1, scale: float = 1.0) -> CorrectionTraining:
        card = ModelCard(
            channels=1,
            classes=tuple(f"class {number}" for number in range(1, classes + 1)),
            network=settings.network,
            working_scale=scale,
            thresholds=(0.5,) * classes,
        )
        device = choose_device(DeviceSettings(device="cpu", threads=1))
        network = build_network(card, seed=0)
        return CorrectionTraining(
            [Image.from_array(pixels, "YX")], card, network, settings, device, known=known
        )

    return begun


@pytest.fixture
def session(tmp_path: Path, pixels: NDArray[np.uint8], settings: CorrectionSettings) -> Path:
    """Return the folder of a new session about an image that lies beside it."""
    tifffile.imwrite(tmp_path / "cells.tif", pixels)
    create_session(tmp_path / "session", [tmp_path / "cells.tif"], settings=settings)
    return tmp_path / "session"


@pytest.fixture
def paint(strokes: list[Entry]) -> Callable[..., None]:
    """Return a function that appends strokes to the journal of a session: all, or those given."""

    def painted(folder: Path, *given: Entry) -> None:
        for stroke in given or strokes:
            append_entry(folder / "journal.jsonl", stroke.plane, stroke.layer, stroke.box, stroke.values)

    return painted
