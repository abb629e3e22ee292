"""Where a correction is worth most."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.correction import places as room
from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.places import FIELD, Places
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.images.image import Image
from napari_cytounet.settings import CorrectionSettings, DeviceSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard

Begin = Callable[..., CorrectionTraining]


def _training(images: list[Image], settings: CorrectionSettings) -> CorrectionTraining:
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    device = choose_device(DeviceSettings(device="cpu", threads=1))
    return CorrectionTraining(images, card, build_network(card, 0), settings, device)


def _noisy(*spreads: int) -> list[Image]:
    """Images of a field each, that vary so much."""
    random = np.random.default_rng(0)
    values = [random.integers(0, 1 + spread, (FIELD, FIELD)).astype(np.uint16) for spread in spreads]
    for image in values:
        image[0] = 2000  # so that all are normalised alike
    return [Image.from_array(image, "YX") for image in values]


def test_before_anything_is_known_it_is_where_the_image_varies(settings: CorrectionSettings) -> None:
    places = Places(_training(_noisy(1, 900, 1), settings), seed=0)
    assert places.worst().plane == PlaneKey(1)


def test_it_goes_where_a_whole_object_is_in_doubt(
    settings: CorrectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = _training(_noisy(1, 900, 1), settings)
    training.restart(build_network(training.card, 0), 0)
    likely = np.zeros((3, 1, FIELD, FIELD), np.float32)
    likely[1, 0, 40:60, 40:60] = 0.5
    likely[2, 0, ::16] = 0.5  # thin lines, as every outline is
    likely[0, 0, 100:200, 100:200] = 1
    monkeypatch.setattr(
        room, "predict_place", lambda network, plane, place, training: likely[plane.key.image]
    )
    worst = Places(training, seed=0).worst()
    assert worst.plane == PlaneKey(1)
    assert worst.worth == 1


def test_two_versions_that_differ_are_a_reason_to_look(settings: CorrectionSettings) -> None:
    training = _training(_noisy(900), settings)
    first = build_network(training.card, 0)
    training.restart(copy.deepcopy(first), 0)
    alone = Places(training, seed=0).worst().worth
    training.restart(copy.deepcopy(first), 0)
    assert Places(training, seed=0).worst().worth == alone
    training.restart(build_network(training.card, 1), 0)
    assert Places(training, seed=0).worst().worth != alone


def test_a_small_image_is_looked_at_once(
    settings: CorrectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = _training(_noisy(1, 900, 1), settings)
    training.restart(build_network(training.card, 0), 0)
    asked: list[PlaneKey] = []

    def predicted(
        network: object, plane: WorkingPlane, place: object, training: object
    ) -> NDArray[np.float32]:
        asked.append(plane.key)
        return np.zeros((1, FIELD, FIELD), np.float32)

    monkeypatch.setattr(room, "predict_place", predicted)
    Places(training, seed=0).worst()
    assert sorted(asked) == [PlaneKey(0), PlaneKey(1), PlaneKey(2)]


def test_visited_places_are_worth_less(settings: CorrectionSettings) -> None:
    places = Places(_training(_noisy(700, 720, 710), settings), seed=0)
    seen = Counter()
    for _ in range(6):
        place = places.worst()
        places.visit(place)
        seen[place.plane] += 1
    assert set(seen.values()) == {2}


def test_candidates_lie_within_planes_of_any_size(settings: CorrectionSettings) -> None:
    random = np.random.default_rng(0)
    shapes = [(20, 700), (500, 300), (64, 64)]
    images = [Image.from_array(random.integers(0, 99, shape).astype(np.uint8), "YX") for shape in shapes]
    places = Places(_training(images, settings), seed=1)
    found = [places.random() for _ in range(200)]
    for place in found:
        height, width = shapes[place.plane.image]
        assert 0 <= place.rows[0] < place.rows[1] <= height
        assert 0 <= place.columns[0] < place.columns[1] <= width
        assert (place.height, place.width) == (min(FIELD, height), min(FIELD, width))
    counts = Counter(place.plane.image for place in found)
    assert counts[1] > counts[0] > counts[2]  # the larger, the more often
    again = Places(_training(images, settings), seed=1)
    assert [again.random() for _ in range(200)] == found
