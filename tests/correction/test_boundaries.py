"""Paint says where boundaries run only as far as it goes; elsewhere a model keeps what it knew of them."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.boundaries import boundary_lesson, painted_boundaries
from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.learner import Learner
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.images.image import Image
from napari_cytounet.settings import CorrectionSettings, DeviceSettings, NetworkSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.inference import for_inference, predict_box
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard, ObjectCard
from napari_cytounet.unet.network import UNet


def test_the_rim_of_a_stroke_says_nothing() -> None:
    foreground = torch.zeros(1, 30, 30, dtype=torch.bool)
    foreground[:, 5:25, 5:15] = True
    boundary, known = painted_boundaries(foreground, foreground)
    assert not boundary.any()
    core = torch.zeros_like(known)
    core[:, 7:23, 7:13] = True
    assert torch.equal(known, core)


def test_a_boundary_runs_where_cell_and_background_are_painted_side_by_side() -> None:
    foreground = torch.zeros(1, 20, 30, dtype=torch.bool)
    foreground[:, :, 15:] = True
    boundary, known = painted_boundaries(foreground, torch.ones_like(foreground))
    assert boundary[0, 10].nonzero().flatten().tolist() == [15, 16]
    assert (~known)[0, 10].nonzero().flatten().tolist() == [14]


def test_what_is_not_painted_is_held_to_what_was_known_before() -> None:
    random = torch.Generator().manual_seed(0)
    remembered = torch.rand(3, 16, 16, generator=random)
    targets, labelled = torch.ones(2, 1, 16, 16), torch.zeros(2, 16, 16, dtype=torch.bool)
    labelled[:, 2:12, 2:12] = True
    logits = torch.zeros(3, 16, 16, requires_grad=True)
    boundary_lesson(logits, remembered, targets, labelled).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    core = torch.zeros(3, 16, 16, dtype=torch.bool)
    core[:2, 4:10, 4:10] = True
    assert (logits.grad[core] > 0).all()  # where only cell is near, no boundary runs
    towards = torch.sign(0.5 - remembered[~core])
    assert torch.equal(torch.sign(logits.grad[~core]), towards)


def test_strokes_do_not_make_a_model_forget_its_boundaries(settings: CorrectionSettings) -> None:
    """Thirty steps on strokes of cell alone change the foreground, and boundaries far less."""
    torch.manual_seed(0)
    network = UNet(channels=1, classes=1, settings=settings.network, boundaries=True)
    assert network.boundary_head is not None
    device = choose_device(DeviceSettings(device="cpu", threads=1))
    side = Learner(copy.deepcopy(network), settings, device).window
    image = F.interpolate(torch.rand(4, 1, 12, 12), size=(side, side), mode="bilinear")
    _teach_edges(network, image)
    before = copy.deepcopy(network).eval()
    learner = Learner(network, settings, device)
    painted = torch.zeros(4, 1 + 2 * 2, side, side)
    painted[:, :1] = image
    middle = slice(side // 2 - 8, side // 2 + 8)
    painted[:, 1:3, middle, middle] = 1
    for _ in range(30):
        learner.step(painted, painted[:2, :1], 0.005, torch.ones(2))
    after = learner.candidate()
    with torch.no_grad():
        was, now = (torch.sigmoid(found(image)) for found in (before, after))
    assert (now[:, 0] - was[:, 0]).mean() > 0.1
    kept = torch.corrcoef(torch.stack([was[:, 1].flatten(), now[:, 1].flatten()]))[0, 1]
    assert kept > 0.6


def test_a_split_is_a_lesson_for_the_seeds_of_objects(
    settings: CorrectionSettings, entry: Callable[..., Entry]
) -> None:
    """Two pairs of cells, taken for one each: a line through one has the seeds of both come apart."""
    y, x = np.mgrid[:64, :128]
    pixels = np.full((64, 128), 30.0)
    for middle in (32, 96):
        for side in (-10, 10):
            pixels[((y - 32) / 14) ** 2 + ((x - middle - side) / 11) ** 2 < 1] = 180
        pixels[(abs(x - middle) <= 2) & (abs(y - 32) <= 8)] = 130
    pixels += np.random.default_rng(0).normal(0, 5, pixels.shape)
    settings = settings.model_copy(
        update={"network": NetworkSettings(base_width=8, depth=1), "learning_rate": 0.01}
    )
    card = ModelCard(
        channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,), objects=ObjectCard()
    )
    image = Image.from_array(pixels.clip(0, 255).astype(np.uint8), "YX")
    device = choose_device(DeviceSettings(device="cpu", threads=1))
    training = CorrectionTraining([image], card, build_network(card, seed=0), settings, device)

    def seeds_between_cells() -> list[float]:
        found = predict_box(
            for_inference(training.shown.network, device),
            training.plane(PlaneKey(0)).pixels,
            (0, 64),
            (0, 128),
            halo=8,
            device=device,
        )
        return [float(found[-1, 26:39, middle - 1 : middle + 2].max()) for middle in (32, 96)]

    pairs = [entry(1, (28, 16, 37, 49), 2), entry(2, (28, 80, 37, 113), 2)]
    training.take([*pairs, entry(3, (2, 4, 8, 124), 1)])
    _learn(training)
    assert min(seeds_between_cells()) > 0.5
    training.take([entry(4, (18, 31, 46, 34), 1)])
    _learn(training)
    assert max(seeds_between_cells()) < 0.5


def _learn(training: CorrectionTraining) -> None:
    for _ in range(12):
        training.learn(15)
        training.propose()


def _teach_edges(network: UNet, image: torch.Tensor) -> None:
    """Have the boundary head find bright pixels, which it can learn in a few steps."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(60):
        loss = F.binary_cross_entropy_with_logits(network(image)[:, 1], (image[:, 0] > 0.6).float())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
