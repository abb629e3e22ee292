"""`cytounet simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import (
    CorrectionSettings,
    DeviceSettings,
    ImageSettings,
    MaskSettings,
    SimulationSettings,
)


def simulate(
    images: Path,
    masks: Path | None = None,
    /,
    *,
    test: Annotated[tuple[Path, Path] | None, Parameter(negative=())] = None,
    out: Path | None = None,
    simulation: Annotated[SimulationSettings, options_of("Simulation")] = SimulationSettings(),
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Play an annotator who knows the masks, and print how good the network is after so many strokes.

    Parameters
    ----------
    images
        Images to paint in: a folder, or one in cytounet's layout.
    masks
        Their masks; found beside the images if not given.
    test
        Images and masks that are never touched; a third of the others if not given.
    out
        Folder for the curve (curve.csv) and the model.
    """
    from napari_cytounet.correction.simulating import simulating

    result = run_job(
        lambda cancel: simulating(
            images,
            masks,
            test=test,
            out=out,
            simulation=simulation,
            correction=CorrectionSettings(seed=simulation.seed),
            mask_settings=mask_settings,
            image_settings=image_settings,
            device=device,
            cancel=cancel,
        ),
        output,
    )
    table = Table("strokes", "seconds", "Dice", "AP at IoU 0.5", "versions adopted")
    for point in result.points:
        table.add_row(
            str(point.strokes),
            f"{point.seconds:.0f}",
            f"{point.mean_dice:.3f}",
            f"{point.precision:.3f}",
            f"{point.adopted} of {point.proposed}",
        )
    print_result(result.as_dict(), output, table)
