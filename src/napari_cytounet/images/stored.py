"""What a reader of one file format finds in a file, before it is understood as an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_cytounet.images.lazy import LazyArray
from napari_cytounet.images.pixel_size import PixelSize


@dataclass(frozen=True)
class StoredImage:
    """The contents of an image file.

    Attributes
    ----------
    data
        The values.
    axes
        According to the file, in its own letters (see `axes.understand_axes`); None if it says nothing.
    pixel_size
        In micrometres, if the file tells.
    notes
        Decisions taken while reading, for the user.
    tags
        What our own writer stored.
    """

    data: LazyArray
    axes: str | None = None
    pixel_size: PixelSize | None = None
    notes: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
