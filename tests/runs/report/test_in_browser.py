"""The report of a run on real images, as a browser shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.settings import DeviceSettings, NetworkSettings, TrainingSettings, TrainSettings

from .conftest import Photographed

EXAMPLE = Path(__file__).parents[3] / "docs" / "example-report.html"


@pytest.fixture(scope="module")
def report(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a training of a few seconds on BBBC030."""
    folder = data / "bbbc030" / "train"
    settings = TrainSettings(
        training=TrainingSettings(steps=60, batch_size=4, patch_size=64),
        network=NetworkSettings(base_width=8, depth=2),
        device=DeviceSettings(device="cpu"),
    )
    run = train(
        folder / "images",
        folder / "new_outlines",
        out=tmp_path_factory.mktemp("runs") / "bbbc030",
        settings=settings,
    )
    return run.run / "report.html"


def test_it_is_to_be_seen_in_light_and_in_dark(report: Path, photograph: Photographed) -> None:
    light = photograph(report, height=2600)
    dark = photograph(report, height=2600, dark=True)
    assert light[:, :5].mean() > 230
    assert dark[:, :5].mean() < 40
    for picture in (light, dark):
        inside = picture[:, 30:-30].astype(int)
        assert inside.std() > 15  # not blank
        assert (np.abs(inside - inside[:1, :1]).max(axis=2) > 30).mean() > 0.05


def test_the_pictures_show_what_is_true_in_its_colour(report: Path, photograph: Photographed) -> None:
    picture = photograph(report, height=2600).astype(int)
    blue = (picture[..., 2] - picture[..., 0] > 40) & (picture[..., 1] > picture[..., 0])
    assert blue.sum() > 2000


def test_the_example_of_the_docs_can_be_seen(photograph: Photographed) -> None:
    picture = photograph(EXAMPLE, height=1500, name="report")
    assert picture[:, 30:-30].std() > 15


@pytest.mark.parametrize("width", [500, 1600])
def test_it_fits_the_window(report: Path, photograph: Photographed, width: int) -> None:
    picture = photograph(report, width=width, height=1400)
    assert picture.shape[1] == width
    assert _is_plain(picture[:, :8])
    assert _is_plain(picture[:, -8:])


def _is_plain(margin: NDArray[np.uint8]) -> bool:
    """Whether nothing but the page's own colour stands in a margin: nothing runs out of the window."""
    return bool((margin == margin[0, 0]).all())
