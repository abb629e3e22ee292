"""What is to be learnt from layers: which planes are labelled, what the labels mean, and both on the disk."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.errors import Cancelled, CytounetError, ImageError, MaskError, PairingError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.images.lazy import cut
from napari_cytounet.images.mask_values import read_mask_plane
from napari_cytounet.settings import MaskSettings
from napari_cytounet.widgets.layers import image_of_layer
from napari_cytounet.widgets.new_folders import file_name

if TYPE_CHECKING:
    from napari_cytounet.images.truth import MaskReading
    from napari_cytounet.images.writing import ImageWriter

# What reads and writes images is imported in the functions that run in a thread: it takes a while.

Index = tuple[int, ...]


@dataclass(frozen=True)
class LayerPair:
    """An image layer and the labels layer that belongs to it."""

    image: ImageLayer
    labels: LabelsLayer


@dataclass(frozen=True)
class LabelledPair:
    """What a pair of layers held when it was looked at.

    Attributes
    ----------
    image, mask
        As the engine reads them; lazy data stays lazy.
    planes
        The labelled planes: their index in the image and in the mask.
    """

    image: Image
    mask: Image
    planes: list[tuple[Index, Index]]

    def describe(self) -> str:
        """Say how many planes are learnt from."""
        count, of = len(self.planes), len(self.image.planes)
        if of == 1:
            return f"{self.mask.name} labels {self.image.name}."
        return f"{self.mask.name} labels {count} of the {of} planes of {self.image.name}."


def labelled_pair(pair: LayerPair, settings: MaskSettings, cancel: threading.Event) -> LabelledPair:
    """Find the labelled planes of a pair of layers, reading one plane at a time.

    Raises
    ------
    CytounetError
        If the layers do not fit each other, or nothing is labelled.
    Cancelled
        If that is asked for.
    """
    image, mask = _as_image(pair.image), _as_image(pair.labels)
    _check_sizes(image, mask)
    planes: list[tuple[Index, Index]] = []
    anything = False
    for index, mask_index in zip(image.planes, mask.planes, strict=True):
        _check_cancel(cancel)
        plane = read_mask_plane(
            mask, mask_index, ignore_value=settings.ignore_value, empty_planes=settings.empty_planes
        )
        if plane is not None:
            anything |= bool(plane.values.any())
            planes.append((index, mask_index))
    if not anything:
        raise MaskError(
            f"The labels layer {mask.name} is empty. Paint all objects of at least one plane, leave the "
            "background 0, or choose another layer."
        )
    return LabelledPair(image, mask, planes)


def understand_labels(
    pairs: Sequence[LabelledPair], settings: MaskSettings, cancel: threading.Event
) -> MaskReading:
    """Find out what the labels of all pairs mean: see `understand_masks`."""
    from napari_cytounet.images.truth import understand_masks

    return understand_masks(_LabelledPlanes(pairs, cancel), settings)


def write_pairs(
    pairs: Sequence[LabelledPair], folder: Path, cancel: threading.Event
) -> Generator[Event, None, list[Path]]:
    """Write the labelled planes, and no others, as files for a training.

    Planes keep their place in the stack: those that nobody labelled are never read, stay 0 in the files, and
    take no room on the disk.

    Parameters
    ----------
    pairs
        What is written, plane by plane.
    folder
        Gets `images` and `masks`.
    cancel
        Looked at before each plane.

    Yields
    ------
    Progress

    Returns
    -------
    list of Path
        The image files, in the order of the pairs.

    Raises
    ------
    CytounetError
        If a plane holds NaN, or the disk is full.
    """
    total, done = sum(len(pair.planes) for pair in pairs), 0
    files: list[Path] = []
    for number, pair in enumerate(pairs, start=1):
        file = folder / "images" / f"{number:02}_{file_name(pair.image.name)}.zarr"
        with _opened(file, pair.image) as images, _opened(folder / "masks" / file.name, pair.mask) as masks:
            for index, mask_index in pair.planes:
                _check_cancel(cancel)
                images.write(index, slice(None), slice(None), read_finite(pair.image, index))
                masks.write(mask_index, slice(None), slice(None), pair.mask.read(mask_index))
                done += 1
                yield Progress("labelled planes", done, total)
        files.append(file)
    return files


class _LabelledPlanes(Sequence[Image]):
    """The labelled mask planes of all pairs, each as an image of its own, cut out when it is asked for."""

    def __init__(self, pairs: Sequence[LabelledPair], cancel: threading.Event) -> None:
        self._planes = [(pair.mask, index) for pair in pairs for _, index in pair.planes]
        self._cancel = cancel

    def __len__(self) -> int:
        return len(self._planes)

    @overload
    def __getitem__(self, at: int) -> Image: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Image]: ...
    def __getitem__(self, at: int | slice) -> Image | Sequence[Image]:
        if isinstance(at, slice):
            return [self[number] for number in range(len(self))[at]]
        _check_cancel(self._cancel)
        mask, index = self._planes[at]
        places = {
            mask.axes.index(letter): place for letter, place in zip(mask.plane_axes, index, strict=True)
        }
        axes = "".join(letter for letter in mask.axes if letter not in mask.plane_axes)
        return replace(mask, data=cut(mask.data, dict(places)), axes=axes, name=mask.plane_name(index))


def _as_image(layer: ImageLayer | LabelsLayer) -> Image:
    try:
        return image_of_layer(layer)
    except CytounetError as error:
        if layer.name in str(error):
            raise
        raise ImageError(f"The layer {layer.name} cannot be used: {error}") from error


def _check_sizes(image: Image, mask: Image) -> None:
    if (image.height, image.width) != (mask.height, mask.width):
        raise PairingError(
            f"The image {image.name} is {image.height} x {image.width} pixels, but the labels {mask.name} "
            f"are {mask.height} x {mask.width}. Choose the labels that were painted on this image."
        )
    if len(image.planes) != len(mask.planes):
        raise PairingError(
            f"The image {image.name} has {len(image.planes)} plane(s) ({image.axes}), but the labels "
            f"{mask.name} have {len(mask.planes)} ({mask.axes}). Choose labels with a plane for each of the "
            "image, or name the axes of both layers t, z, c, y, x."
        )


def _opened(file: Path, image: Image) -> AbstractContextManager[ImageWriter]:
    from napari_cytounet.images.writing import open_writer

    sizes = dict(zip(image.axes, image.data.shape, strict=True))
    return open_writer(file, sizes=sizes, dtype=image.dtype, pixel_size=image.pixel_size)


def _check_cancel(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled("Stopped before the training began: nothing was kept.")
