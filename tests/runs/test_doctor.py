"""What this computer has and can do."""

from __future__ import annotations

import json
import threading

import pytest

from napari_cytounet.errors import Cancelled
from napari_cytounet.events import drain
from napari_cytounet.runs import doctor
from napari_cytounet.runs.doctor import examining


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "WARM_UP_SECONDS", 0.0)
    monkeypatch.setattr(doctor, "MEASURED_SECONDS", 0.0)
    monkeypatch.setattr(doctor, "PREDICTED_SIDE", 64)


def test_every_device_is_measured_and_one_is_chosen() -> None:
    found = drain(examining())
    assert found.devices[0].name.startswith("cpu")
    assert all(device.steps_per_second > 0 for device in found.devices)
    assert all(device.megapixels_per_second > 0 for device in found.devices)
    assert sum(device.chosen for device in found.devices) == 1
    assert "torch" in found.environment["packages"]
    json.dumps(found.as_dict(), allow_nan=False)


def test_a_gpu_that_torch_cannot_use_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "available_kinds", lambda: ["cpu"])
    monkeypatch.setattr(doctor.shutil, "which", {"nvidia-smi": "/usr/bin/nvidia-smi"}.get)
    (advice,) = drain(examining()).missing
    assert "https://pytorch.org" in advice


def test_it_can_be_stopped() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        drain(examining(cancel=cancel))
