"""Options that several commands share: the settings of the engine, and what is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from napari_cytounet.cli.headings import heading
from napari_cytounet.settings import DeviceSettings, ImageSettings, MaskSettings, ThresholdSettings


def options_of(title: str) -> Parameter:
    """Make every field of a settings model an option, under one of `HEADINGS`."""
    return Parameter(name="*", group=heading(title), negative_iterable=())


@dataclass(frozen=True)
class OutputOptions:
    """What a command prints.

    Attributes
    ----------
    json
        Print one JSON object at the end, and nothing else on stdout.
    events
        Print what happens as JSON lines.
    """

    json: Annotated[bool, Parameter(negative=())] = False
    events: Annotated[bool, Parameter(negative=())] = False


Output = Annotated[OutputOptions, options_of("Printing")]
Devices = Annotated[DeviceSettings, options_of("Device")]
Images = Annotated[ImageSettings, options_of("Images")]
Masks = Annotated[MaskSettings, options_of("Masks")]
Thresholds = Annotated[ThresholdSettings, options_of("Threshold")]
