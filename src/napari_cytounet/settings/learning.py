"""What learns, and how: network, loss, optimiser, augmentation and device."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_cytounet.settings.base import Settings


class NetworkSettings(Settings):
    """The shape of the U-Net."""

    base_width: int = Field(
        24, ge=1, le=512, description="Channels of the first stage; doubled at each stage."
    )
    depth: int = Field(3, ge=1, le=8, description="How many times the image is halved.")
    stem: Literal["plain", "unshuffle"] = Field(
        "unshuffle",
        description="unshuffle folds 2 x 2 pixels into channels first and unfolds them at the end: two to "
        "four times faster on a CPU for nearly the same result. plain is the classic U-Net.",
    )
    guided: bool = Field(
        False,
        description="Have the outlines that are found follow edges of brightness and of contrast in "
        "the image (guided filter): most useful where little is painted.",
    )


class LossSettings(Settings):
    """What training makes small."""

    loss: Literal["cross_entropy", "dice", "cross_entropy+dice"] = Field(
        "cross_entropy+dice",
        description="cross_entropy (binary cross-entropy where there is one class), soft dice, or their sum.",
    )
    border_weight: float = Field(
        0.0,
        ge=0,
        description="Extra cross-entropy weight of the gaps between neighbouring objects (w0 of Ronneberger "
        "et al. 2015, who used 10); 0 switches it off.",
    )
    border_sigma: float = Field(
        5.0, gt=0, description="Width in working pixels of the gaps that the border weight is for."
    )


class OptimiserSettings(Settings):
    """How weights follow the gradient."""

    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="AdamW, or SGD with Nesterov momentum.")
    learning_rate: float = Field(
        2e-3,
        gt=0,
        le=10,
        description="Highest learning rate, reached after the warm-up; it then decays to 0.",
    )
    l1: float = Field(0.0, ge=0, description="Weight of the L1 penalty on the kernels.")
    l2: float = Field(1e-4, ge=0, description="Weight decay (L2), decoupled from the gradient in AdamW.")
    gradient_clip: float = Field(
        1.0, gt=0, description="Longest gradient that is allowed: longer are shortened."
    )
    averaging: float = Field(
        0.98,
        ge=0,
        lt=1,
        description="How much of the running average of the weights is kept at each step (0: no averaging). "
        "The averaged weights are those that are scored and kept.",
    )


class AugmentationSettings(Settings):
    """How training patches are varied. All at 0, 1 or off leaves the patches as they are."""

    flip: bool = Field(True, description="Mirror patches at random.")
    rotate: bool = Field(True, description="Turn patches by any angle.")
    scale: tuple[float, float] = Field((0.75, 1.33), description="Magnify patches by a factor in this range.")
    contrast: float = Field(0.1, ge=0, lt=1, description="Change the contrast by up to this share.")
    brightness: float = Field(
        0.05, ge=0, description="Shift the brightness by up to this share of the range."
    )
    gamma: float = Field(0.05, ge=0, description="Bend intensities by a power of up to e to this number.")
    noise: float = Field(
        0.0, ge=0, description="Highest standard deviation of added noise, as share of the range."
    )
    blur: float = Field(0.0, ge=0, description="Highest standard deviation of blur, in working pixels.")

    @model_validator(mode="after")
    def _scale_is_a_range(self) -> Self:
        low, high = self.scale
        if not 0.1 <= low <= high <= 10:
            raise ValueError(f"scale must be two numbers from low to high within 0.1 to 10, got {low} {high}")
        return self


class DeviceSettings(Settings):
    """Where the network runs."""

    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto",
        description="auto takes the fastest device there is: an NVIDIA GPU, Apple's GPU, else the CPU.",
    )
    threads: int | None = Field(None, ge=1, description="Processor cores to use; all of them if not given.")
    mixed_precision: Literal["auto", "on", "off"] = Field(
        "auto", description="Compute in 16 bits where the hardware is faster for it (auto), always or never."
    )
