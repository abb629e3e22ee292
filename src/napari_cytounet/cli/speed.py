"""`cytounet speed`."""

from __future__ import annotations

from typing import Annotated

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import (
    DeviceSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)


def speed(
    *,
    training: Annotated[TrainingSettings, options_of("Training")] = TrainingSettings(),
    network: Annotated[NetworkSettings, options_of("Network")] = NetworkSettings(),
    optimiser: Annotated[OptimiserSettings, options_of("Optimiser")] = OptimiserSettings(),
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Measure with the options as settings, and print what fits into the budget."""
    from napari_cytounet.runs.estimate import estimate_at
    from napari_cytounet.runs.speed import timing

    settings = TrainSettings(training=training, network=network, optimiser=optimiser, device=device)
    measured = run_job(lambda cancel: timing(settings, cancel=cancel), output)
    expected = estimate_at(measured.seconds_per_step, settings, "measured")
    print_result(
        measured.as_dict(),
        output,
        f"{measured.seconds_per_step:.3g} s a step on {measured.device}: about {expected.steps} steps in "
        f"{expected.seconds / 60:.3g} minutes, reading the images and validating not counted.",
    )
