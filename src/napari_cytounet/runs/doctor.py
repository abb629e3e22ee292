"""What this computer has and can do: versions, devices with their measured speed, and what is missing."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass

import torch
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.errors import Cancelled
from napari_cytounet.events import Event, Progress
from napari_cytounet.runs.record import Record, environment
from napari_cytounet.settings import DeviceSettings, NetworkSettings, OptimiserSettings, TrainingSettings
from napari_cytounet.unet.devices import Device, available_kinds, choose_device
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.optimisers import build_optimiser

WARM_UP_SECONDS = 0.5
MEASURED_SECONDS = 2.0
PREDICTED_SIDE = 512


@dataclass(frozen=True)
class MeasuredDevice:
    """How fast a device is with the default network.

    Attributes
    ----------
    name
        Name of the device.
    chosen
        Whether `--device auto` takes it.
    steps_per_second
        Training steps (forward, backward, optimiser) of the default batch of patches.
    megapixels_per_second
        Working pixels that the network predicts, halos and reading not counted.
    """

    name: str
    chosen: bool
    steps_per_second: float
    megapixels_per_second: float


@dataclass(frozen=True)
class Examination:
    """What was found: versions and platform, devices, and advice on what is missing."""

    environment: Record
    devices: tuple[MeasuredDevice, ...]
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def examining(*, cancel: threading.Event | None = None) -> Generator[Event, None, Examination]:
    """Look at this computer; a few seconds a device.

    Parameters
    ----------
    cancel
        Set it to stop.

    Raises
    ------
    Cancelled
        If it was stopped.
    """
    kinds = available_kinds()
    chosen = choose_device(DeviceSettings())
    devices = []
    for number, kind in enumerate(kinds):
        yield Progress("devices measured", number, len(kinds))
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped before all devices were measured.")
        device = choose_device(DeviceSettings(device=kind))
        devices.append(_measure(device, chosen=kind == chosen.torch_device.type))
    yield Progress("devices measured", len(kinds), len(kinds))
    return Examination(environment(chosen.name, chosen.threads), tuple(devices), tuple(_missing(kinds)))


def _measure(device: Device, *, chosen: bool) -> MeasuredDevice:
    with device.threads_set():
        network = device.place(UNet(channels=1, classes=1, settings=NetworkSettings()))
        steps = _rate(_training_step(network, device), device)
        predictions = _rate(_prediction(network, device), device)
    return MeasuredDevice(device.name, chosen, steps, predictions * PREDICTED_SIDE**2 / 1e6)


def _training_step(network: UNet, device: Device) -> Callable[[], object]:
    training = TrainingSettings()
    shape = (training.batch_size, 1, training.patch_size, training.patch_size)
    patches = torch.rand(shape, device=device.torch_device).contiguous(memory_format=torch.channels_last)
    settings = OptimiserSettings()
    optimiser = build_optimiser(network, settings)

    def step() -> None:
        with device.autocast():
            logits = network(patches)
        loss = F.binary_cross_entropy_with_logits(logits.float(), patches)
        network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step(settings.learning_rate)

    return step


def _prediction(network: UNet, device: Device) -> Callable[[], object]:
    folded = for_inference(network, device)
    image = torch.rand(1, 1, PREDICTED_SIDE, PREDICTED_SIDE, device=device.torch_device)
    image = image.contiguous(memory_format=torch.channels_last)

    def predict() -> None:
        with torch.inference_mode(), device.autocast():
            folded(image)

    return predict


def _rate(work: Callable[[], object], device: Device) -> float:
    """Return how often a second a piece of work can be done."""
    for seconds in (WARM_UP_SECONDS, MEASURED_SECONDS):
        done, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds or done == 0:
            work()
            _wait_for(device)
            done += 1
    return done / elapsed


def _wait_for(device: Device) -> None:
    if device.torch_device.type == "cuda":
        torch.cuda.synchronize(device.torch_device)
    elif device.torch_device.type == "mps":
        torch.mps.synchronize()


def _missing(kinds: list[str]) -> list[str]:
    if "cuda" not in kinds and shutil.which("nvidia-smi"):
        advice = "https://pytorch.org/get-started/locally shows the build of torch for it."
        return [f"There is an NVIDIA GPU, but torch {torch.__version__} cannot use it. {advice}"]
    return []
