"""A network that learns boundaries: its parts, what is drawn for it, how it is scored and predicted with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import UNLABELLED, Truth
from napari_cytounet.settings import (
    AugmentationSettings,
    DeviceSettings,
    InstanceSettings,
    LossSettings,
    NetworkSettings,
    PredictionSettings,
    TrainingSettings,
    TrainSettings,
)
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.model import Model, build_network
from napari_cytounet.unet.model_card import ModelCard, ObjectCard
from napari_cytounet.unet.network import UNet, probabilities, readout
from napari_cytounet.unet.object_size import scale_of_objects
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.prediction import predicted_boxes
from napari_cytounet.unet.sampling import Sampler
from napari_cytounet.unet.training import Training
from napari_cytounet.unet.validation import validate

CPU = choose_device(DeviceSettings(device="cpu", threads=1))
PAIR = np.kron(np.array([[0, 0, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]]), np.ones((20, 20), int)).astype(np.int32)


def _plane(instances: np.ndarray, scale: float = 1.0) -> TrainingPlane:
    return training_plane(
        Image.from_array(np.maximum(instances, 0).astype(np.uint8) * 60, "YX", name="pair"),
        (),
        Truth(np.sign(instances).astype(np.int16), instances),
        class_count=1,
        normalisation=Normalisation(),
        working_scale=scale,
        loss=LossSettings(),
        boundaries=True,
    )


@pytest.mark.parametrize("classes", [1, 3])
def test_the_boundary_follows_the_classes(classes: int) -> None:
    settings = NetworkSettings(base_width=4, depth=2)
    network = UNet(channels=1, classes=classes, settings=settings, boundaries=True).eval()
    given = network(torch.rand(2, 1, 40, 37))
    assert given.shape == (2, network.logits + 1, 40, 37)
    read = readout(network, given)
    assert read.shape == (2, classes + 1, 40, 37)
    assert torch.equal(read[:, :classes], probabilities(given[:, : network.logits]))
    assert ((read >= 0) & (read <= 1)).all()
    image = torch.rand(1, 1, 16, 16)
    plain = UNet(channels=1, classes=classes, settings=settings)
    weights = network.state_dict().items()
    plain.load_state_dict({name: values for name, values in weights if not name.startswith("boundary_head.")})
    torch.testing.assert_close(plain.eval()(image), network(image)[:, : network.logits])
    torch.testing.assert_close(for_inference(network, CPU)(image), network(image), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_objects_that_touch_stay_apart_at_the_working_scale(scale: float) -> None:
    plane = _plane(PAIR, scale)
    assert plane.objects is not None
    row = plane.objects.boundary[len(plane.objects.boundary) // 2]
    middle = len(row) // 2
    assert (row[middle - 1 : middle + 1] > 0.9).all()
    assert row[middle + round(10 * scale)] == 0
    assert set(plane.objects.instances.unique().tolist()) == {0, 1, 2}
    assert plane.objects.known.all()


def test_a_part_of_a_plane_has_a_part_of_the_objects() -> None:
    plane = _plane(PAIR)
    part = plane.only((slice(0, 30), slice(None)))
    assert part.objects is not None
    assert not part.objects.known[30:].any()
    assert (part.objects.instances[30:] == UNLABELLED).all()
    assert (part.objects.instances[:30] >= 0).all()


def test_known_classes_with_unknown_instances_teach_the_classes_only() -> None:
    instances = PAIR.copy()
    instances[PAIR > 0] = UNLABELLED
    plane = training_plane(
        Image.from_array(PAIR.astype(np.uint8) * 60, "YX", name="pair"),
        (),
        Truth((PAIR > 0).astype(np.int16), instances),
        class_count=1,
        normalisation=Normalisation(),
        working_scale=1.0,
        loss=LossSettings(),
        boundaries=True,
    )
    assert plane.labelled.all()
    assert plane.objects is not None
    assert not plane.objects.known[PAIR > 0].any()
    settings = TrainingSettings(batch_size=8, patch_size=32)
    batch = Sampler([plane], settings, AugmentationSettings(), torch.device("cpu")).draw()
    assert batch.boundary_known is not None
    inside = batch.targets[:, 0] > 0.9
    assert (batch.labelled & inside).any()
    assert not (batch.boundary_known & inside).any()


def test_what_is_drawn_are_the_boundaries_of_the_plane() -> None:
    plane = _plane(PAIR)
    off = AugmentationSettings(flip=False, rotate=False, scale=(1, 1), contrast=0, brightness=0, gamma=0)
    settings = TrainingSettings(batch_size=20, patch_size=16, object_patches=1)
    batch = Sampler([plane], settings, off, torch.device("cpu")).draw()
    assert batch.boundary is not None
    share = batch.boundary[batch.targets[:, 0] > 0.99].mean()
    assert plane.objects is not None
    assert share == pytest.approx(float(plane.objects.boundary[PAIR > 0].mean()), abs=0.1)
    assert batch.boundary[batch.targets[:, 0] < 1e-3].max() < 0.01


def test_old_cards_have_no_head_and_still_build_their_network() -> None:
    old = {
        "format": 1,
        "channels": 1,
        "classes": ["cell"],
        "network": {"base_width": 4, "depth": 2},
        "thresholds": [0.5],
    }
    card = ModelCard.model_validate(old)
    assert card.objects is None
    assert build_network(card, 0).boundaries is False


@pytest.fixture(scope="module")
def learnt() -> Model:
    """A model that has learnt to part touching squares a little."""
    import threading
    import time

    from napari_cytounet.unet.pace import StepPace

    settings = TrainSettings(
        training=TrainingSettings(steps=240, batch_size=4, patch_size=48),
        network=NetworkSettings(base_width=6, depth=2),
        instances=InstanceSettings(boundaries="on"),
    )
    settings = settings.model_copy(
        update={"optimiser": settings.optimiser.model_copy(update={"learning_rate": 0.01, "averaging": 0.9})}
    )
    card = ModelCard(
        channels=1,
        classes=("cell",),
        network=settings.network,
        thresholds=(0.5,),
        objects=ObjectCard(diameter=22.0, own_scale=True),
    )
    plane = _plane(PAIR)
    training = Training(
        build_network(card, 0), [plane], [plane], settings=settings, device=CPU, pace=StepPace(240, 0.01)
    )
    for _ in training.run(threading.Event(), time.perf_counter()):
        pass
    assert training.best is not None
    network = training.averaged.eval()
    objects = card.objects.model_copy(update=training.best.score.object_thresholds._asdict())
    return Model(network, card.model_copy(update={"objects": objects}))


def test_touching_objects_are_parted_and_scored(learnt: Model) -> None:
    score = validate(learnt.network, [_plane(PAIR)], CPU)
    assert score.objects is not None
    assert score.objects > 0.7
    assert score.quality == score.objects


def test_boxes_hold_the_seeds_beside_the_probabilities(learnt: Model) -> None:
    image = Image.from_array(PAIR.astype(np.uint8) * 60, "YX", name="pair")
    boxes = list(predicted_boxes(learnt, image, settings=PredictionSettings(), device=CPU))
    seeds = boxes[0].seeds
    assert seeds is not None
    assert boxes[0].values[0].shape == seeds.shape == PAIR.shape
    assert seeds[30, 38:42].mean() < 0.5 < seeds[30, 30]


def test_the_scale_is_what_the_user_says_or_what_is_found(learnt: Model) -> None:
    image = Image.from_array(PAIR.astype(np.uint8) * 60, "YX", name="pair")
    assert scale_of_objects(learnt, image, (), device=CPU, diameter=44.0) == 0.5
    assert scale_of_objects(learnt, image, (), device=CPU, diameter=1.0) == 3.0
    fixed = learnt.card.model_copy(
        update={"objects": learnt.card.objects.model_copy(update={"own_scale": False})}
    )
    assert scale_of_objects(Model(learnt.network, fixed), image, (), device=CPU) == 1.0
    many = Image.from_array(np.tile(PAIR.astype(np.uint8) * 60, (2, 2)), "YX", name="many")
    found = scale_of_objects(learnt, many, (), device=CPU)
    assert 1.0 < found < 2.0  # 22 pixels across are brought to 30
