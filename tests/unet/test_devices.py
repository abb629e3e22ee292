"""Choosing a device."""

from __future__ import annotations

import pytest
import torch

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.devices import available_kinds, choose_device, is_out_of_memory


def test_a_device_that_is_not_there_is_an_error_that_says_what_is() -> None:
    missing = next(kind for kind in ("mps", "cuda") if kind not in available_kinds())
    with pytest.raises(SettingsError, match=rf"no {missing} device here \(found: cpu.*--device auto"):
        choose_device(DeviceSettings(device=missing))


def test_the_cpu_computes_in_16_bits_only_if_asked_to() -> None:
    assert choose_device(DeviceSettings(device="cpu")).half is None
    assert choose_device(DeviceSettings(device="cpu", mixed_precision="off")).half is None
    assert choose_device(DeviceSettings(device="cpu", mixed_precision="on")).half is torch.bfloat16


def test_threads_are_those_asked_for_and_only_inside() -> None:
    former = torch.get_num_threads()
    device = choose_device(DeviceSettings(device="cpu", threads=former + 2))
    with device.threads_set():
        assert torch.get_num_threads() == former + 2
    assert torch.get_num_threads() == former
    with pytest.raises(KeyError), device.threads_set():
        raise KeyError
    assert torch.get_num_threads() == former
    assert choose_device(DeviceSettings(device="cpu")).threads >= 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_lack_of_memory_is_known_on_every_device(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
