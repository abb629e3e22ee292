"""Corrected copies of images and masks, where a correction is safe; the originals are never touched."""

from __future__ import annotations

import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, FileWritten, Progress
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.image import Image
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.outlines import fill_outlines
from napari_cytounet.images.reading import open_image, open_mask
from napari_cytounet.images.writing import open_writer
from napari_cytounet.quality.broken_pixels import broken_pixels
from napari_cytounet.quality.checking import CheckResult
from napari_cytounet.quality.findings import Box, Finding
from napari_cytounet.quality.inputs import CheckedFile, gather_files
from napari_cytounet.quality.objects import SPECK, find_holes
from napari_cytounet.settings import ImageSettings, MaskSettings

Pixels = NDArray[Any]


@dataclass(frozen=True)
class FixResult:
    """What was written.

    Attributes
    ----------
    folder
        Where the copies are.
    corrected
        From a corrected copy to the codes of what was corrected.
    copied
        How many files were copied as they are.
    """

    folder: Path
    corrected: dict[Path, tuple[str, ...]]
    copied: int

    def lines(self) -> list[str]:
        """Return what was done in words."""
        done = [
            f"Corrected {path.relative_to(self.folder)}: {', '.join(codes)}."
            for path, codes in self.corrected.items()
        ]
        total = (
            f"{len(self.corrected)} corrected and {self.copied} unchanged copies are in {self.folder}. Look "
            "at the corrected ones before you train on them."
        )
        return [*done, total]

    def as_dict(self) -> dict[str, object]:
        """Return the result as a JSON-ready dictionary."""
        return {
            "folder": str(self.folder),
            "corrected": {str(path): list(codes) for path, codes in self.corrected.items()},
            "copied": self.copied,
        }


def fixing(
    result: CheckResult,
    out: Path,
    *,
    images: Path,
    masks: Path | None,
    validation: tuple[Path, Path] | None = None,
    mask_settings: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, FixResult]:
    """Write copies of all files that were checked, corrected where it is safe.

    Parameters
    ----------
    result
        Of the check of the same files.
    out
        New folder: the copies go to `images` and `masks` in it, those for validation to `validation`.
    images, masks, validation, mask_settings, image_settings
        As they were checked.
    cancel
        Set it to stop; copies that are finished stay.

    Yields
    ------
    Event
        Progress and FileWritten.

    Raises
    ------
    OutputError
        If the folder holds something already, or cannot be written.
    Cancelled
        If it was stopped.
    """
    if out.exists() and any(out.iterdir()):
        raise OutputError(f"{out} holds something already. Name a new folder for the copies.")
    inputs = gather_files(images, masks, validation, mask_settings.pairing)
    by_file: dict[Path, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.fix:
            for concerned in {finding.where.file, *finding.others}:
                by_file[concerned].append(finding)
    corrected: dict[Path, tuple[str, ...]] = {}
    copied = 0
    jobs = [(file, path, kind) for file in inputs.files for path, kind in _paths(file)]
    for done, (file, path, kind) in enumerate(jobs, start=1):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped: {done - 1} of {len(jobs)} copies are in {out}.")
        folder = out / kind if file.part == "training" else out / "validation" / kind
        known = [*by_file[path], *by_file[path.parent]]  # of the file, or of all in its folder
        findings = [finding for finding in known if finding.code in _CORRECTIONS[kind]]
        if findings:
            opened = (open_image if kind == "images" else open_mask)(path, image_settings)
            written = folder / f"{image_stem(path)}.tif"
            _write(written, opened, findings, kind)
            corrected[written] = tuple(sorted({finding.code for finding in findings}))
        else:
            written = folder / path.name
            with atomic_path(written) as temporary:
                (shutil.copytree if path.is_dir() else shutil.copyfile)(path, temporary)
            copied += 1
        yield FileWritten(str(written))
        yield Progress("copies", done, len(jobs))
    return FixResult(out, corrected, copied)


def _paths(file: CheckedFile) -> list[tuple[Path, str]]:
    return [(file.image, "images"), *([(file.mask, "masks")] if file.mask is not None else [])]


def _write(path: Path, image: Image, findings: list[Finding], kind: str) -> None:
    """Write an image with all corrections, in the order of `_CORRECTIONS`."""
    crop = next((finding.where.box for finding in findings if finding.code == "image-padded"), None)
    top, left, bottom, right = crop or (0, 0, image.height, image.width)
    sizes = dict(zip(image.axes, image.data.shape, strict=True)) | {"Y": bottom - top, "X": right - left}
    with open_writer(path, sizes=sizes, dtype=image.dtype, pixel_size=image.pixel_size) as writer:
        for index in image.planes:
            pixels = image.read(index)
            for code, correct in _CORRECTIONS[kind].items():
                for finding in findings:
                    if finding.code == code and finding.where.plane in {(), index}:
                        pixels = correct(pixels, finding)
            writer.write(index, slice(None), slice(None), pixels[:, top:bottom, left:right])


def _unchanged(pixels: Pixels, _: Finding) -> Pixels:
    return pixels


def _without_broken(pixels: Pixels, _: Finding) -> Pixels:
    for channel in pixels:
        spread = float(np.ptp(np.percentile(channel, [1, 99.8])))
        broken = broken_pixels(channel.astype(np.float32), 0.2 * spread)
        channel[broken] = ndi.median_filter(channel, 3)[broken]
    return pixels


def _cut_at_half(pixels: Pixels, _: Finding) -> Pixels:
    low, high = int(pixels.min()), int(pixels.max())
    return np.where(pixels > (low + high) / 2, high, 0).astype(pixels.dtype)


def _inverted(pixels: Pixels, _: Finding) -> Pixels:
    return np.where(pixels == 0, max(1, pixels.max()), 0).astype(pixels.dtype)


def _filled(pixels: Pixels, _: Finding) -> Pixels:
    return np.where(fill_outlines(pixels[0] > 0), pixels.max(), 0).astype(pixels.dtype)[np.newaxis]


def _ring_filled(pixels: Pixels, finding: Finding) -> Pixels:
    top, left, bottom, right = finding.where.box or (0, 0, *pixels.shape[1:])
    part = pixels[0, top:bottom, left:right]
    inside = ndi.binary_fill_holes(part > 0) & (part == 0)
    part[inside] = part.max()
    return pixels


def _erased(pixels: Pixels, finding: Finding) -> Pixels:
    top, left, bottom, right = finding.where.box or (0, 0, 0, 0)
    labels, _ = ndi.label(pixels[0] > 0, structure=np.ones((3, 3)))
    inside = np.unique(labels[top:bottom, left:right])
    boxes = ndi.find_objects(labels)
    within = [
        number
        for number in inside.tolist()
        if number and _lies_in(boxes[number - 1], (top, left, bottom, right))
    ]
    pixels[0][np.isin(labels, within)] = 0
    return pixels


def _without_specks(pixels: Pixels, _: Finding) -> Pixels:
    labels, count = ndi.label(pixels[0] > 0, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    pixels[0][(sizes[labels] <= SPECK) & (labels > 0)] = 0
    return pixels


def _without_holes(pixels: Pixels, _: Finding) -> Pixels:
    values = pixels[0]
    if len(np.unique(values)) > 2:
        objects = values.astype(np.int64)
    else:
        objects, _count = ndi.label(values > 0, structure=np.ones((3, 3)))
    for top, left, bottom, right in find_holes(objects, np.bincount(objects.ravel())):
        part = values[top:bottom, left:right]
        around = values[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1]
        part[part == 0] = np.bincount(around[around > 0].astype(np.int64)).argmax()
    return pixels


def _moved(pixels: Pixels, finding: Finding) -> Pixels:
    rows, columns = finding.shift or (0, 0)
    moved: Pixels = ndi.shift(pixels, (0, rows, columns), order=0)
    return moved


def _lies_in(place: tuple[slice, slice], box: Box) -> bool:
    rows, columns = place
    top, left, bottom, right = box
    return bool(top <= rows.start and rows.stop <= bottom and left <= columns.start and columns.stop <= right)


_CORRECTIONS: dict[str, dict[str, Callable[[Pixels, Finding], Pixels]]] = {
    "images": {"pixels-broken": _without_broken, "rgb-grey": _unchanged, "image-padded": _unchanged},
    "masks": {
        "mask-grey": _cut_at_half,
        "mask-inverted": _inverted,
        "mask-outlines": _filled,
        "mask-text": _erased,
        "ring-open": _ring_filled,
        "mask-specks": _without_specks,
        "mask-holes": _without_holes,
        "pair-shifted": _moved,
        "image-padded": _unchanged,
    },
}
"""By the kind of file and the code of the finding, in the order in which they are applied."""
