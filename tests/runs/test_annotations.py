"""Annotations of other programs in the place of masks, from training to scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet import evaluate, export, train
from napari_cytounet.errors import MaskError
from napari_cytounet.events import Notice
from napari_cytounet.images.writing import write_image
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.settings import MaskKind, MaskSettings, TrainSettings
from napari_cytounet.unet.model import load_model

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Change = Callable[..., TrainSettings]
INSTANCES = MaskSettings(masks=MaskKind.INSTANCES)


@pytest.fixture
def folder(tmp_path: Path, fields: Fields, write: Callable[..., Path]) -> Path:
    """Images, instance masks, and the same in annotations.json with two categories."""
    data = write(tmp_path / "data", [image for image, _ in fields], [objects for _, objects in fields])
    export(data / "masks", data / "annotations.json", "coco", image=data / "images", masks=INSTANCES)
    _categorise(data / "annotations.json", "red", "white")
    return data


def _categorise(path: Path, *names: str) -> None:
    document = json.loads(path.read_text())
    document["categories"] = [{"id": number, "name": name} for number, name in enumerate(names)]
    for number, annotation in enumerate(document["annotations"]):
        annotation["category_id"] = number % len(names)
    path.write_text(json.dumps(document))


def test_trained_like_masks_with_categories_as_classes(folder: Path, change: Change) -> None:
    path = folder / "annotations.json"
    settings = change(training={"steps": 2})
    events: list[object] = []
    result = train(folder / "images", path, out=folder / "run", settings=settings, on_event=events.append)
    card = load_model(result.model).card
    assert (card.classes, card.mask_kind) == (("red", "white"), MaskKind.INSTANCES)
    told = [event.text for event in events if isinstance(event, Notice)]
    assert "Masks: instances (the files say so)." in told
    record = json.loads((folder / "run" / "record.json").read_text())
    assert record["data"]["training"][0]["mask"] == str(path / "cells_0.tif")
    assert record["data"]["training"][0]["mask_sha256"] == content_hash(path)
    repeated = train(None, out=folder / "again", repeat=folder / "run", settings=settings)
    assert repeated.dice == pytest.approx(result.dice)


def test_fine_tuning_on_other_categories_begins_a_head_anew(folder: Path, change: Change) -> None:
    settings = change(training={"steps": 1}, optimiser={"learning_rate": 1e-9})
    first = train(folder / "images", folder / "annotations.json", out=folder / "first", settings=settings)
    head = load_model(first.model).network.head.weight
    other_seed = change(training={"steps": 1, "seed": 1}, optimiser={"learning_rate": 1e-9})
    for names, kept in ((("white", "red"), True), (("white", "dead"), False)):
        _categorise(folder / "annotations.json", *names)
        out = folder / names[1]
        tuned = train(
            folder / "images",
            folder / "annotations.json",
            out=out,
            settings=other_seed,
            start_from=first.model,
        )
        model = load_model(tuned.model)
        assert model.card.classes == tuple(sorted(names))
        assert bool((model.network.head.weight - head).abs().max() < 1e-6) is kept


def test_objects_are_scored_whatever_their_category(folder: Path) -> None:
    evaluation = evaluate(folder / "annotations.json", folder / "masks", masks=INSTANCES)
    assert evaluation.object_scores[0.95]["f1"].pooled == 1
    turned = evaluate(folder / "masks", folder / "annotations.json")
    assert turned.object_scores[0.95]["f1"].pooled == 1


def test_class_maps_meet_categories_by_their_names(folder: Path, fields: Fields) -> None:
    document = json.loads((folder / "annotations.json").read_text())
    names = ["dead", "red", "white"]
    of_object = {}
    for annotation in document["annotations"]:
        of_object.setdefault(annotation["image_id"], []).append(1 + annotation["category_id"])
    for number, (_, objects) in enumerate(fields):
        _, ranks = np.unique(objects, return_inverse=True)
        classes = np.array([0, *(of_object[number + 1])])[ranks.reshape(objects.shape)].astype(np.uint8)
        tags = {"kind": "classes", "classes": json.dumps(names), "mask_values": "[]"}
        write_image(folder / "classes" / f"cells_{number}.tif", classes, "YX", tags=tags)
    # Categories are numbered 0 and 1 in the file: 1 and 2 here, and so dead and red instead of red and white.
    evaluation = evaluate(folder / "classes", folder / "annotations.json")
    red, white = (evaluation.class_scores[number]["recall"].pooled for number in (1, 2))
    assert (red, white) == (0, 0)
    _categorise(folder / "annotations.json", "dead", "red")
    evaluation = evaluate(folder / "classes", folder / "annotations.json")
    assert [scores["recall"].pooled for scores in evaluation.class_scores[:2]] == [1, 1]
    _categorise(folder / "annotations.json", "red", "blue")
    with pytest.raises(
        MaskError, match=r"the model knows dead, red, white, and the objects .* are blue, red"
    ):
        evaluate(folder / "classes", folder / "annotations.json")
