"""Small images and masks as files, and a run that has learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import (
    DeviceSettings,
    NetworkSettings,
    TrainingSettings,
    TrainSettings,
)

Pixels = NDArray[np.generic]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute with one thread: tiny networks gain nothing from more."""
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(former)


@pytest.fixture(scope="session")
def quick() -> TrainSettings:
    """Settings of a training of a second."""
    return TrainSettings(
        training=TrainingSettings(steps=12, batch_size=4, patch_size=32, working_scale=0.5),
        network=NetworkSettings(base_width=4, depth=2),
        device=DeviceSettings(device="cpu", threads=1),
    )


@pytest.fixture(scope="session")
def change(quick: TrainSettings) -> Callable[..., TrainSettings]:
    """Return the quick settings with some fields of some concerns changed."""

    def changed(**concerns: dict[str, object]) -> TrainSettings:
        update = {}
        for name, values in concerns.items():
            concern = getattr(quick, name)
            update[name] = type(concern).model_validate(concern.model_dump(exclude_unset=True) | values)
        return quick.model_copy(update=update)

    return changed


@pytest.fixture(scope="session")
def fields() -> list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]:
    """Three images with the instances in them."""
    made = [make_cells("fluorescence", shape=(96, 96), count=4, seed=seed) for seed in range(3)]
    return [(field.image, field.instances.astype(np.uint16)) for field in made]


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """Return a function that writes images and masks (None: no file; bytes: as they are) as TIFF files."""

    def written(
        folder: Path, images: list[Pixels | bytes | None], masks: list[Pixels | bytes | None]
    ) -> Path:
        for name, arrays in (("images", images), ("masks", masks)):
            (folder / name).mkdir(parents=True)
            for number, array in enumerate(arrays):
                path = folder / name / f"cells_{number}.tif"
                if isinstance(array, bytes):
                    path.write_bytes(array)
                elif array is not None:
                    tifffile.imwrite(path, array)
        return folder

    return written


@pytest.fixture(scope="session")
def cells(
    tmp_path_factory: pytest.TempPathFactory,
    fields: list[tuple[NDArray[np.uint8], NDArray[np.uint16]]],
    write: Callable[..., Path],
) -> Path:
    """Return a folder with `images` and binary `masks`."""
    return write(
        tmp_path_factory.mktemp("cells"),
        [image for image, _ in fields],
        [np.where(instances > 0, 255, 0).astype(np.uint8) for _, instances in fields],
    )


@pytest.fixture(scope="session")
def run(
    tmp_path_factory: pytest.TempPathFactory, cells: Path, change: Callable[..., TrainSettings]
) -> TrainResult:
    """Return a finished run that has learnt the cells a little."""
    settings = change(training={"steps": 40}, optimiser={"learning_rate": 0.01})
    return train(cells, out=tmp_path_factory.mktemp("runs") / "run", settings=settings)
