"""Bad training data: an error that names the file, and no folder left of the failed start."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.errors import CytounetError, ImageError, MaskError, PairingError, TrainingError
from napari_cytounet.runs import sources, training_data
from napari_cytounet.settings import TrainSettings

Write = Callable[..., Path]
Lists = tuple[list[Any], list[Any]]


def _with(good: Lists, image: Any = "same", mask: Any = "same") -> Lists:
    """Put another image or mask in the place of the second."""
    images, masks = list(good[0]), list(good[1])
    images[1] = images[1] if isinstance(image, str) else image
    masks[1] = masks[1] if isinstance(mask, str) else mask
    return images, masks


def _as_tiff(array: NDArray[np.generic]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array)
    return file.getvalue()


def _spoilt(image: NDArray[np.uint8], value: float) -> NDArray[np.float32]:
    spoilt = image.astype(np.float32)
    spoilt[3, 4] = value
    return spoilt


CASES: dict[str, tuple[Callable[[Lists], Lists], type[CytounetError], str]] = {
    "empty folders": (lambda good: ([], []), ImageError, r"images.*empty"),
    "image without mask": (lambda good: _with(good, mask=None), PairingError, r"without a mask \(cells_1"),
    "mask without image": (lambda good: _with(good, image=None), PairingError, r"without an image \(cells_1"),
    "different sizes": (
        lambda good: _with(good, mask=good[1][1][:90]),
        PairingError,
        r"cells_1\.tif is 96 x 96 pixels, but its mask .*cells_1\.tif is 90 x 96",
    ),
    "all background": (lambda good: (good[0], [m * 0 for m in good[1]]), MaskError, "masks.*all background"),
    "all foreground": (
        lambda good: (good[0], [m * 0 + 255 for m in good[1]]),
        MaskError,
        "masks.*all foreground",
    ),
    "photographs as masks": (lambda good: (good[0], good[0]), MaskError, r"cells_0\.tif.*photograph"),
    "one photograph among masks": (lambda good: _with(good, mask=good[0][1]), MaskError, r"cells_1\.tif"),
    "NaN": (lambda good: _with(good, _spoilt(good[0][1], np.nan)), ImageError, r"cells_1\.tif.*NaN"),
    "infinity": (
        lambda good: _with(good, _spoilt(good[0][1], np.inf)),
        ImageError,
        r"cells_1\.tif.*infinite",
    ),
    "truncated image": (
        lambda good: _with(good, _as_tiff(good[0][1])[:4000]),
        ImageError,
        r"images/cells_1\.tif.*truncated",
    ),
    "truncated mask": (
        lambda good: _with(good, mask=_as_tiff(good[1][1])[:4000]),
        ImageError,
        r"masks/cells_1\.tif.*truncated",
    ),
    "zero bytes": (lambda good: _with(good, b""), ImageError, r"cells_1\.tif.*0 bytes"),
    "text": (lambda good: _with(good, b"hello world\n"), ImageError, r"cells_1\.tif.*no TIFF"),
    "other channels": (
        lambda good: _with(good, np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)),
        PairingError,
        r"cells_1\.tif has 3 channel.*has\s+1",
    ),
    "a stack and a single mask": (
        lambda good: _with(good, np.stack([good[0][1]] * 5)),
        PairingError,
        r"cells_1\.tif has 5 plane.*has\s+1",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_by_name_and_the_next_try_may_use_the_folder(
    tmp_path: Path, fields: list[Any], write: Write, quick: TrainSettings, case: str
) -> None:
    spoil, kind, message = CASES[case]
    good = ([image for image, _ in fields], [np.where(i > 0, 255, 0).astype(np.uint8) for _, i in fields])
    folder = write(tmp_path / "data", *spoil(good))
    with pytest.raises(kind, match=f"(?s){message}"):
        train(folder, out=tmp_path / "run", settings=quick)
    assert not (tmp_path / "run").exists()


def test_images_of_one_pixel_are_learnt_from_or_refused(
    tmp_path: Path, write: Write, quick: TrainSettings
) -> None:
    pixels = [np.array([[value]], np.uint8) for value in (10, 200, 20)]
    masks = [np.array([[value]], np.uint8) for value in (0, 255, 0)]
    result = train(write(tmp_path / "three", pixels, masks), out=tmp_path / "run", settings=quick)
    assert result.steps == 12
    with pytest.raises(MaskError, match="all foreground"):
        train(write(tmp_path / "one", pixels[1:2], masks[1:2]), out=tmp_path / "other", settings=quick)


def test_images_3_pixels_wide_are_learnt_from(
    tmp_path: Path, fields: list[Any], write: Write, quick: TrainSettings
) -> None:
    column = int(np.argmax((fields[0][1] > 0).sum(axis=0)))
    cut = slice(max(0, column - 1), column + 2)
    folder = write(
        tmp_path / "data",
        [image[:, cut] for image, _ in fields],
        [np.where(instances[:, cut] > 0, 255, 0).astype(np.uint8) for _, instances in fields],
    )
    assert train(folder, out=tmp_path / "run", settings=quick).steps == 12


def test_a_folder_that_was_there_is_left_there(tmp_path: Path, quick: TrainSettings) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(CytounetError, match="nowhere"):
        train(tmp_path / "nowhere", out=tmp_path / "run", settings=quick)
    assert list((tmp_path / "run").iterdir()) == []


def test_images_that_do_not_fit_into_memory_are_refused(
    tmp_path: Path, fields: list[Any], write: Write, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = [np.where(instances > 0, 255, 0).astype(np.uint8) for _, instances in fields]
    folder = write(tmp_path / "data", [image for image, _ in fields], masks)
    monkeypatch.setattr(training_data, "physical_memory", lambda: 50_000)
    with pytest.raises(TrainingError, match="do not fit into memory"):
        train(folder, out=tmp_path / "run", settings=quick)


def test_a_large_folder_is_opened_image_by_image(
    tmp_path: Path, fields: list[Any], write: Write, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = [np.where(instances > 0, 255, 0).astype(np.uint8) for _, instances in fields]
    folder = write(tmp_path / "data", [image for image, _ in fields], masks)
    kept = train(folder, out=tmp_path / "kept", settings=quick)
    monkeypatch.setattr(sources, "KEPT_BYTES", 0)
    reopened = train(folder, out=tmp_path / "reopened", settings=quick)
    assert reopened.dice == kept.dice
