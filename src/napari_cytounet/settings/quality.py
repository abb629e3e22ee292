"""How training data is checked."""

from __future__ import annotations

from pydantic import Field

from napari_cytounet.settings.base import Settings


class CheckSettings(Settings):
    """What the data check looks for."""

    leave_out: tuple[str, ...] = Field(
        (),
        description="Code of a finding that is not to be reported, such as objects-cut: give the option once "
        "for each.",
    )
    deep: bool = Field(
        False,
        description="Also train on parts of the data and report the images whose masks a model that was "
        "trained on the others contradicts. Takes as many short trainings as there are folds.",
    )
    folds: int = Field(
        3, ge=2, le=20, description="Parts into which a deep check divides the data: one training for each."
    )
    minutes: float = Field(1.0, gt=0, description="Minutes for each training of a deep check.")
