"""Training from Python, which looks at the data first, as the command line and the plugin do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from napari_cytounet.events import Event, drain
from napari_cytounet.quality.first_look import first_look
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import TrainSettings


def train(
    images: Path | str | None,
    masks: Path | str | None = None,
    *,
    out: Path | str,
    validation: tuple[Path | str, Path | str] | None = None,
    settings: TrainSettings = TrainSettings(),
    start_from: Path | str | None = None,
    freeze_encoder: bool = False,
    resume: bool = False,
    repeat: Path | str | None = None,
    check: bool = True,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> TrainResult:
    """Look at image and mask files, train a U-Net on them and return where the model is.

    With `check`, some of the data are looked at before the time of the training begins, a second or two:
    findings of high severity are told of as notices, and all go into the record and the report. `on_event` is
    called with every event; all else is as in `training`.

    Examples
    --------
    >>> from napari_cytounet import train, predict
    >>> result = train("images", "masks", out="run", on_event=print)  # doctest: +SKIP
    >>> predict(result.model, ["new_images"], out="results")  # doctest: +SKIP
    """
    from napari_cytounet.runs.training import training  # here: it loads torch, which a check does without

    job = training(
        _path(images),
        _path(masks),
        out=Path(out),
        validation=None if validation is None else (Path(validation[0]), Path(validation[1])),
        settings=settings,
        start_from=_path(start_from),
        freeze_encoder=freeze_encoder,
        resume=resume,
        repeat=_path(repeat),
        look=first_look if check else None,
        cancel=cancel,
    )
    return drain(job, on_event)


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)
