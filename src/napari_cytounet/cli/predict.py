"""`cytounet predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Images, Output, OutputOptions, Thresholds, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import DeviceSettings, ImageSettings, PredictionSettings, ThresholdSettings


def predict(
    model: Path,
    /,
    *inputs: Annotated[Path, Parameter(required=True)],
    out: Path,
    prediction: Annotated[PredictionSettings, options_of("Prediction")] = PredictionSettings(),
    thresholds: Thresholds = ThresholdSettings(),
    image_settings: Images = ImageSettings(),
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Predict, and print how many images that were.

    Parameters
    ----------
    model
        Model file, or the folder of a run.
    inputs
        Images, or folders of images.
    out
        Folder for the results: probabilities, classes and instances, each named like its image, and
        provenance.jsonl, which says what made them.
    """
    from napari_cytounet.runs.predicting import predicting

    result = run_job(
        lambda cancel: predicting(
            model,
            inputs,
            out=out,
            settings=prediction,
            device=device,
            images=image_settings,
            threshold=thresholds,
            cancel=cancel,
        ),
        output,
    )
    end = "Stopped; what was finished is kept." if result.stopped else "Done."
    print_result(result.as_dict(), output, f"{end} {result.images} images predicted into {out}")
