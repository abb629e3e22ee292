"""Tests of seeing a session through its latest versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.field import classes_in
from napari_cytounet.correction.latest_versions import LatestVersions
from napari_cytounet.correction.places import Places
from napari_cytounet.correction.versions import save_version, version_file
from napari_cytounet.images.image import Image
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.settings import DeviceSettings, NetworkSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.model import Model, build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.prediction import predict_plane

DEVICE = DeviceSettings(device="cpu", threads=1)
Look = Callable[..., LatestVersions]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def make(scale: float = 1.0, versions: int = 3) -> LatestVersions:
        card = ModelCard(
            channels=1,
            classes=("a", "b"),
            thresholds=(0.3, 0.35),
            network=NetworkSettings(base_width=4, depth=2),
            working_scale=scale,
        )
        for number in range(1, versions + 1):
            save_version(
                tmp_path, number, build_network(card, seed=number).state_dict(), card, knows=10 * number
            )
        random = np.random.default_rng(0)
        images = [Image.from_array(random.integers(0, 255, (90, 130), dtype=np.uint8), "YX")]
        images.append(Image.from_array(random.integers(0, 255, (2, 300, 280), dtype=np.uint8), "ZYX"))
        return LatestVersions(tmp_path, images, card, choose_device(DEVICE))

    return make


def test_the_two_latest_versions_are_read_once(look: Look, tmp_path: Path) -> None:
    learnt = look()
    assert learnt.shown is None
    learnt.refresh()
    assert learnt.shown is not None
    assert learnt.former is not None
    assert (learnt.shown.number, learnt.former.number) == (3, 2)
    assert (learnt.shown.knows, learnt.former.knows) == (30, 20)
    former = learnt.shown
    save_version(tmp_path, 5, build_network(learnt.card, seed=5).state_dict(), learnt.card, knows=50)
    learnt.refresh()
    assert learnt.shown.number == 5
    assert learnt.former is former
    version_file(tmp_path, 5).write_bytes(b"")  # as it would be if it were not written whole
    learnt.refresh()
    assert learnt.shown.number == 5, "it is not read again"
    assert learnt.read(5) is None
    assert learnt.read(77) is None


@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_a_field_is_what_a_prediction_of_the_whole_plane_finds(look: Look, scale: float) -> None:
    learnt = look(scale)
    learnt.refresh()
    assert learnt.shown is not None
    network = learnt.shown.network
    key = PlaneKey(1, (1,))
    plane = learnt.plane(key)
    whole = predict_plane(Model(network, learnt.card), plane.image, (1,), device=DEVICE)
    expected = apply_thresholds(whole, learnt.card.thresholds)
    assert len(np.unique(expected)) > 1
    ready = for_inference(network, learnt.device)
    for box in (Box(0, 0, 300, 280), Box(37, 51, 150, 280), Box(1, 1, 30, 2)):
        found = classes_in(ready, plane, box, learnt)
        assert found.shape == box.shape
        assert found.dtype == np.uint8
        # The last bits of a sum depend on the size of what is computed at once.
        assert (found != expected[box.slices]).mean() < 0.002


def test_places_go_on_from_the_visits_before(look: Look) -> None:
    learnt = look()
    learnt.refresh()
    first = Places(learnt, seed=1)
    place = first.worst()
    first.visit(place)
    assert sum(first.visits.values()) == 1
    again = Places(learnt, seed=1, visits=first.visits)
    assert again.worst().worth < 1.001 * place.worth  # the other places are as good here
    again.visit(place)
    assert sum(again.visits.values()) == 2
    assert sum(first.visits.values()) == 1


def test_before_the_first_version_places_are_where_the_image_varies(look: Look) -> None:
    learnt = look(versions=0)
    learnt.refresh()
    assert learnt.shown is None
    assert Places(learnt, seed=0).worst().worth > 0
