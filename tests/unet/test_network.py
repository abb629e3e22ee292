"""The U-Net: any size in, nothing that depends on the tile, and a frozen encoder that stays as it is."""

from __future__ import annotations

import itertools
import warnings

import pytest
import torch

from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.guided_filter import guided_filter
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.network import UNet, probabilities

CPU = Device(torch.device("cpu"), None, threads=1)


def _network(
    stem: str = "unshuffle", *, channels: int = 1, classes: int = 1, depth: int = 2, guide: int = 0
) -> UNet:
    """Return a network whose normalisation has seen something."""
    torch.manual_seed(0)
    network = UNet(
        channels=channels,
        classes=classes,
        settings=NetworkSettings(base_width=4, depth=depth, stem=stem),  # type: ignore[arg-type]
        guide=guide,
    )
    network.train()
    for _ in range(3):
        network(torch.rand(2, channels, 64, 64) * 3)
    return network.eval()


@pytest.mark.parametrize("guide", [0, 4])
@pytest.mark.parametrize(("stem", "depth"), list(itertools.product(("plain", "unshuffle"), (1, 2, 4))))
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (37, 3), (50, 37), (64, 64)])
def test_images_of_any_size_give_logits_of_the_same_size(
    stem: str, depth: int, size: tuple[int, int], guide: int
) -> None:
    with torch.inference_mode():
        logits = _network(stem, depth=depth, guide=guide)(torch.rand(1, 1, *size))
    assert logits.shape == (1, 1, *size)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("guide", [0, 4])
@pytest.mark.parametrize(("channels", "classes", "logits"), [(1, 1, 1), (3, 1, 1), (1, 2, 3), (5, 4, 5)])
def test_channels_go_in_and_classes_come_out(channels: int, classes: int, logits: int, guide: int) -> None:
    given = _network(channels=channels, classes=classes, guide=guide)(torch.rand(2, channels, 33, 20))
    assert given.shape == (2, logits, 33, 20)
    found = probabilities(given)
    assert found.shape == (2, classes, 33, 20)
    assert (found >= 0).all()
    assert (found.sum(dim=1) <= 1 + 1e-5).all()


@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
def test_the_stride_is_what_the_network_divides_by(stem: str) -> None:
    for depth in (1, 3):
        network = _network(stem, depth=depth)
        assert network.stride == 2**depth * (2 if stem == "unshuffle" else 1)


@pytest.mark.parametrize("guide", [0, 4])
@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
@pytest.mark.parametrize("size", [(64, 64), (50, 37)])
def test_a_trace_gives_what_the_network_gives(stem: str, size: tuple[int, int], guide: int) -> None:
    network, image = _network(stem, guide=guide), torch.rand(1, 1, *size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates tracing, and says that sizes become constants
        traced = torch.jit.trace(network, torch.rand(1, 1, *size))
    torch.testing.assert_close(traced(image), network(image))


@pytest.mark.parametrize("guide", [0, 4])
@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
def test_a_tile_gives_what_the_whole_image_gives_there(stem: str, guide: int) -> None:
    network, image = _network(stem, guide=guide), torch.rand(1, 1, 256, 256)
    with torch.inference_mode():
        whole = network(image)[..., 64:192, 64:192]
        tile = network(image[..., 64:192, 64:192])
        alone = network(torch.cat([image, torch.rand_like(image)]))[:1, :, 64:192, 64:192]
    beyond_reach = (..., *[slice(network.reach, -network.reach)] * 2)
    torch.testing.assert_close(tile[beyond_reach], whole[beyond_reach], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(alone, whole, rtol=1e-5, atol=1e-5)


def test_a_guided_network_reaches_two_windows_and_its_contrast_further() -> None:
    assert _network(guide=4).reach == _network().reach + 2 * 4 + 2
    assert _network(guide=0).reach == _network().reach


def test_the_mirrored_edge_changes_nothing_for_images_that_fit() -> None:
    network, image = _network(), torch.rand(1, 1, 60, 64)
    mirrored = torch.cat([image, image[..., -5:-1, :].flip(2)], dim=2)
    torch.testing.assert_close(network(image), network(mirrored)[..., :60, :])


def test_the_guide_is_for_classes_not_for_boundaries() -> None:
    image = torch.rand(1, 1, 32, 32)
    given = []
    for guide in (0, 4):
        torch.manual_seed(0)
        settings = NetworkSettings(base_width=4, depth=1)
        given.append(
            UNet(channels=1, classes=2, settings=settings, boundaries=True, guide=guide).eval()(image)
        )
    free, followed = given
    expected = probabilities(guided_filter(image, free[:, :3], 4))
    torch.testing.assert_close(probabilities(followed[:, :3]), expected)
    assert (expected - probabilities(free[:, :3])).abs().max() > 0.01
    assert torch.equal(followed[:, 3:], free[:, 3:])


def test_a_frozen_encoder_keeps_weights_and_statistics() -> None:
    network = _network()
    network.freeze_encoder()
    network.train()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    optimiser = torch.optim.SGD([w for w in network.parameters() if w.requires_grad], lr=0.1)
    for _ in range(3):
        network(torch.rand(2, 1, 32, 32) * 5).square().mean().backward()
        optimiser.step()
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name]) == name.startswith("encoder"), name


@pytest.mark.parametrize("guide", [0, 4])
@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
def test_folding_the_normalisation_changes_nothing_but_rounding(stem: str, guide: int) -> None:
    network, image = _network(stem, channels=2, classes=3, guide=guide), torch.rand(2, 2, 40, 50)
    before = {name: values.clone() for name, values in network.state_dict().items()}
    folded = for_inference(network, CPU)
    with torch.inference_mode():
        torch.testing.assert_close(folded(image), network(image), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    assert all(torch.equal(values, before[name]) for name, values in network.state_dict().items())
