"""`cytounet train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import (
    AugmentationSettings,
    DeviceSettings,
    ImageSettings,
    InstanceSettings,
    LossSettings,
    MaskSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)

if TYPE_CHECKING:
    from napari_cytounet.runs.train_result import TrainResult


def train(
    images: Path | None = None,
    masks: Path | None = None,
    /,
    *,
    out: Path,
    validation: Annotated[tuple[Path, Path] | None, Parameter(negative=())] = None,
    start_from: Path | None = None,
    freeze_encoder: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    repeat: Path | None = None,
    training: Annotated[TrainingSettings, options_of("Training")] = TrainingSettings(),
    network: Annotated[NetworkSettings, options_of("Network")] = NetworkSettings(),
    loss: Annotated[LossSettings, options_of("Loss")] = LossSettings(),
    instances: Annotated[InstanceSettings, options_of("Objects")] = InstanceSettings(),
    optimiser: Annotated[OptimiserSettings, options_of("Optimiser")] = OptimiserSettings(),
    augmentation: Annotated[AugmentationSettings, options_of("Augmentation")] = AugmentationSettings(),
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Train with the options as settings, and print how good the model is.

    Parameters
    ----------
    images
        Folder of images, one image, or a folder that holds train/images and train/masks (and
        validation/images, validation/masks). Not needed to resume or repeat a run.
    masks
        Folder of masks, or one mask; found beside the images if not given.
    out
        Folder of the run: model, record, history and latest state are kept there.
    validation
        Images and masks to choose weights and thresholds with, instead of a part of the training images.
    start_from
        Model file or run to go on from: its weights are the start of this training.
    freeze_encoder
        Leave the encoder as it is in the model to start from.
    resume
        Go on with the run in OUT where it was stopped or killed.
    repeat
        Run to repeat: the same settings, steps and learning rates.
    """
    from napari_cytounet.quality.first_look import first_look
    from napari_cytounet.runs.training import training as start

    settings = TrainSettings(
        training=training,
        network=network,
        loss=loss,
        instances=instances,
        optimiser=optimiser,
        augmentation=augmentation,
        masks=mask_settings,
        images=image_settings,
        device=device,
    )
    result = run_job(
        lambda cancel: start(
            images,
            masks,
            out=out,
            validation=validation,
            settings=settings,
            start_from=start_from,
            freeze_encoder=freeze_encoder,
            resume=resume,
            repeat=repeat,
            look=first_look,
            cancel=cancel,
        ),
        output,
    )
    print_result(result.as_dict(), output, summary(result))


def summary(result: TrainResult) -> str:
    """Return what a training came to: in a line, and its Dice explained in another."""
    end = "Stopped; the best network so far is kept." if result.stopped else "Done."
    objects = "" if result.objects is None else f", average precision of objects {result.objects:.3f}"
    quality = "" if result.dice is None else f" Dice {result.dice:.3f}{objects} on what was kept back."
    came_to = f"{end} {result.steps} steps in {result.seconds:.0f} s.{quality} The model is {result.model}"
    return "\n".join(filter(None, [came_to, result.explanation]))
