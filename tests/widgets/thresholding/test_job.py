"""Tests of cleaning what the preview shows, and of labelling planes."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from napari.layers import Image
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.events import Progress, drain
from napari_cytounet.segmentation import threshold_image
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.layer_parts import whole_layer
from napari_cytounet.widgets.thresholding.field import read_field
from napari_cytounet.widgets.thresholding.job import clean, labelling
from napari_cytounet.widgets.thresholding.source import Source, source_of

OTSU = ThresholdSettings(method="otsu")


def _source(values: Any, **options: Any) -> Source:
    return source_of(Image(values, name="cells", **options))


@pytest.fixture(scope="module")
def two_discs() -> NDArray[np.uint8]:
    """Two discs that touch, and a speck."""
    rows, columns = np.mgrid[:40, :60]
    discs = [(rows - 20) ** 2 + (columns - centre) ** 2 < 130 for centre in (20, 40)]
    image = 200 * (discs[0] | discs[1]).astype(np.uint8)
    image[2, 2] = 200
    return image


def test_what_is_split_is_shown_apart(two_discs: NDArray[np.uint8]) -> None:
    layer = Image(two_discs, name="discs")
    field = read_field(source_of(layer), whole_layer(layer), threading.Event())
    settings = ThresholdSettings(method="fixed", value=100, split_touching=True, min_size=5)
    cleaned = clean(field, (100,), settings, threading.Event())
    expected = threshold_image(two_discs, settings)
    assert cleaned.count == expected.count == 2
    hidden = (expected.classes > 0) & (cleaned.classes == 0)
    assert 0 < hidden.sum() < 40
    assert set(np.nonzero(hidden)[1]) <= {29, 30, 31}


def test_cleaning_that_nobody_wants_stops(two_discs: NDArray[np.uint8]) -> None:
    layer = Image(two_discs, name="discs")
    field = read_field(source_of(layer), whole_layer(layer), threading.Event())
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        clean(field, (100,), OTSU, cancel)


def test_planes_are_numbered_on_in_the_order_of_the_layer(two_discs: NDArray[np.uint8]) -> None:
    stack = np.zeros((2, 3, 40, 60), np.uint8)
    stack[1, 0], stack[1, 2] = two_discs, two_discs[::-1] // 2
    source = _source(stack, axis_labels=("z", "t", "y", "x"))
    events: list[Any] = []
    # Indices of planes count T first, as everywhere in the engine.
    labelled = drain(labelling(source, [(0, 1), (2, 1)], None, OTSU, first=5), events.append)
    assert labelled.planes == ((1, 0), (1, 2))
    assert labelled.labels.shape == stack.shape
    assert sorted(set(labelled.labels.ravel())) == [0, 5, 6, 7, 8]
    assert labelled.classes == {5: 1, 6: 1, 7: 1, 8: 1}
    np.testing.assert_array_equal(labelled.labels > 0, stack > 0)
    assert events[-1] == Progress("planes", 2, 2)


def test_the_labels_are_those_of_the_engine_also_of_bools(two_discs: NDArray[np.uint8]) -> None:
    for values in (two_discs, two_discs > 0, two_discs.astype(np.float64) / 7):
        labelled = drain(labelling(_source(values), [()], None, OTSU))
        np.testing.assert_array_equal(labelled.labels, threshold_image(two_discs, OTSU).instances)


def test_labelling_stops_when_asked(two_discs: NDArray[np.uint8]) -> None:
    cancel = threading.Event()
    work = labelling(_source(np.stack([two_discs] * 3)), [(0,), (1,), (2,)], None, OTSU, cancel=cancel)
    next(work)
    cancel.set()
    with pytest.raises(Cancelled, match="Stopped while labelling cells"):
        drain(work)


def test_labels_beyond_the_memory_are_refused(
    two_discs: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=9599))
    with pytest.raises(ImageError, match="`cytounet threshold`"):
        drain(labelling(_source(two_discs), [()], None, OTSU))
