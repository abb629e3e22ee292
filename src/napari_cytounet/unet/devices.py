"""Choosing where the network runs, and in which precision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from napari_cytounet.errors import CytounetError, SettingsError
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.heap import freed_memory_kept

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Device:
    """Where and how tensors are computed.

    Attributes
    ----------
    torch_device
        The device.
    half
        The 16-bit type of mixed precision; None computes in 32 bits.
    threads
        Processor cores that are used.
    """

    torch_device: torch.device
    half: torch.dtype | None
    threads: int

    @property
    def name(self) -> str:
        """Name of the device for people and records.

        Examples
        --------
        >>> Device(torch.device("cpu"), None, threads=2).name
        'cpu (2 threads)'
        """
        if self.torch_device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(self.torch_device)})"
        if self.torch_device.type == "cpu":
            return f"cpu ({self.threads} threads)"
        return self.torch_device.type

    @property
    def precision(self) -> str:
        """The 16-bit type of mixed precision, "off" where all is computed in 32 bits.

        Examples
        --------
        >>> Device(torch.device("cpu"), None, threads=2).precision
        'off'
        """
        return "off" if self.half is None else str(self.half).removeprefix("torch.")

    def place(self, network: Network) -> Network:
        """Move a network to the device, its kernels laid out channels last, which is fastest there."""
        network.to(device=self.torch_device)
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which the network computes in mixed precision, if it does."""
        if self.half is None:
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=self.half)

    @contextmanager
    def threads_set(self) -> Iterator[None]:
        """Use this device's number of threads inside the context, and the former number after it.

        On a CPU, freed memory is kept for the next arrays as long.
        """
        former = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            with freed_memory_kept() if self.torch_device.type == "cpu" else nullcontext():
                yield
        finally:
            torch.set_num_threads(former)


def choose_device(settings: DeviceSettings) -> Device:
    """Return the device that the settings name, or the fastest there is.

    Mixed precision is bfloat16, which needs no loss scaling. It is chosen for CUDA devices that compute
    in it natively. It is never chosen for a CPU: without AVX-512 or AMX instructions for bfloat16 its
    convolutions are about ten times slower than in 32 bits; where they are there, ask for it.

    Raises
    ------
    SettingsError
        If the named device is not there.
    """
    kind = _best_kind() if settings.device == "auto" else settings.device
    if kind not in available_kinds():
        raise SettingsError(
            f"There is no {kind} device here (found: {', '.join(available_kinds())}). "
            "Use --device auto, or `cytounet doctor` to see what is missing."
        )
    half = torch.bfloat16 if settings.mixed_precision != "off" and _gains_from_bfloat16(kind) else None
    if settings.mixed_precision == "on":
        half = torch.bfloat16
    return Device(torch.device(kind), half, settings.threads or _cores())


def available_kinds() -> list[str]:
    """Return the kinds of device that this torch can use here, the CPU always among them."""
    kinds = ["cpu"]
    if torch.cuda.is_available():
        kinds.append("cuda")
    if torch.backends.mps.is_available():
        kinds.append("mps")
    return kinds


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that the device or the computer has no memory left.

    Examples
    --------
    >>> is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: ..."))
    True
    >>> is_out_of_memory(RuntimeError("shapes do not match"))
    False
    """
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("allocate memory" in text or "out of memory" in text)


def is_device_lost(error: BaseException) -> bool:
    """Tell whether an error says that a graphics card does not answer any more: nothing on it can be used.

    Examples
    --------
    >>> is_device_lost(RuntimeError("CUDA error: unspecified launch failure"))
    True
    >>> is_device_lost(RuntimeError("CUDA error: out of memory"))
    False
    """
    lost = isinstance(error, RuntimeError) and ("CUDA error" in str(error) or "cuDNN error" in str(error))
    return lost and not is_out_of_memory(error)


def out_of_memory_error(doing: str, advice: str) -> CytounetError:
    """Return the error for the user when a smaller piece did not fit either."""
    return CytounetError(
        f"There is not enough memory for {doing}, also after trying a smaller piece. {advice}"
    )


def _best_kind() -> str:
    return available_kinds()[-1]


def _gains_from_bfloat16(kind: str) -> bool:
    return kind == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _cores() -> int:
    """Cores that this process may use, which a cluster or container can make fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows do not tell
        return os.cpu_count() or 1
