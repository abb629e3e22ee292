"""Whether a training that goes wrong on real images says so in words, and one that goes well says nothing.

Every fault and the warnings that fit it are written down here before anything is read. Each is planted in
real data, and a training of 300 or 900 steps (preset fast) is listened to. The data check is off: it
would name most of these faults before the first step.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from reporting import data_folder, report
from skimage.measure import label

from napari_cytounet import AugmentationSettings, OptimiserSettings, TrainingSettings, TrainSettings, train
from napari_cytounet.events import Event, Warned
from napari_cytounet.images.pairing import Pair, find_pairs
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.settings import DeviceSettings, MaskKind, MaskSettings

SETS = {
    "bbbc030": ("bbbc030/train/images", "bbbc030/train/new_outlines", MaskKind.BINARY),
    "dsb2018": ("dsb2018/fluo/images", "dsb2018/fluo/masks", MaskKind.INSTANCES),
    "usiigaci": ("usiigaci_phase/images", "usiigaci_phase/masks", MaskKind.INSTANCES),
    "a549": ("a549/images", "a549/masks", MaskKind.BINARY),
}
MOST = 16
"""Images of a set that are learnt from and validated on, all of the size of the first."""

Fields = list[tuple[NDArray[np.float32], NDArray[np.uint8]]]


@dataclass(frozen=True)
class Fault:
    """Something that makes a training fail, and the warnings any of which names it.

    Attributes
    ----------
    plant
        Changes images and masks (values 0 and 255), all of one shape.
    fitting
        Codes of warnings; none where the training is to go well.
    settings
        Of the training, beside its length.
    """

    plant: Callable[[Fields], Fields]
    fitting: frozenset[str] = frozenset()
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 300


def unchanged(fields: Fields) -> Fields:
    """Return the fields as they are."""
    return fields


def masks_of_others(fields: Fields) -> Fields:
    """Give every image the mask of the next one, upside down."""
    return [(image, fields[at - 1][1][::-1]) for at, (image, _) in enumerate(fields)]


def noise(fields: Fields) -> Fields:
    """Replace the images by noise, as of a shutter that stayed closed."""
    random = np.random.default_rng(0)
    return [(random.normal(100, 5, image.shape).astype(np.float32), mask) for image, mask in fields]


def specks(fields: Fields) -> Fields:
    """Leave of every mask two pixels beside one another, far from any cell where there is room."""
    shrunk = []
    for image, mask in fields:
        places = np.argwhere(mask == 0)
        row, column = places[len(places) // 2]
        speck = np.zeros_like(mask)
        speck[row, column : column + 2] = 255
        shrunk.append((image, speck))
    return shrunk


def one_cell(fields: Fields) -> Fields:
    """Leave in the first fields the annotation of one cell, cut out with little around it."""
    image, mask = fields[0]
    objects = label(mask > 0)
    sizes = np.bincount(objects.ravel())[1:]
    rows, columns = np.nonzero(objects == np.argsort(sizes)[len(sizes) // 2] + 1)
    top, left = max(0, rows.min() - 8), max(0, columns.min() - 8)
    part = slice(top, top + 64), slice(left, left + 64)
    return [(image[part], mask[part]), *fields[1:]]


PLAIN = AugmentationSettings(flip=False, rotate=False, scale=(1, 1), contrast=0, brightness=0, gamma=0)
FAULTS = {
    "none": Fault(unchanged, steps=900),
    "masks of other images": Fault(
        masks_of_others, frozenset({"flat-loss", "constant-output", "validation-falls-apart"})
    ),
    "images of noise": Fault(noise, frozenset({"flat-loss", "constant-output"})),
    "masks of a speck": Fault(specks, frozenset({"all-background", "flat-loss"})),
    "learning rate 10": Fault(
        unchanged,
        frozenset({"rising-loss", "unstable", "flat-loss", "constant-output", "all-background"}),
        {"optimiser": OptimiserSettings(learning_rate=10)},
    ),
    "learning rate 1e-8": Fault(
        unchanged,
        frozenset({"flat-loss", "constant-output"}),
        {"optimiser": OptimiserSettings(learning_rate=1e-8)},
    ),
    "one cell by heart": Fault(
        one_cell, frozenset({"validation-falls-apart", "constant-output"}), {"augmentation": PLAIN}, steps=900
    ),
}


def main(names: Sequence[str]) -> None:
    """Train with every fault on every set, or on those that are named, and report what was warned of."""
    rows = []
    for name in names or SETS:
        fields = read_fields(name)
        for what, fault in FAULTS.items():
            codes, dice = warnings_of(fault.plant(fields), fault)
            fits = not codes if not fault.fitting else bool(fault.fitting & codes)
            rows.append(
                {
                    "data": name,
                    "fault": what,
                    "Dice": dice,
                    "warned": sorted(codes),
                    "fits": "yes" if fits else "no",
                }
            )
            print(rows[-1], flush=True)
    report("diagnoses", rows)


def read_fields(name: str) -> Fields:
    """Return images and filled masks of a set."""
    images, masks, kind = SETS[name]
    pairs = find_pairs(data_folder() / images, data_folder() / masks).training
    reading = understand_masks([open_image(pair.mask) for pair in pairs[:MOST]], MaskSettings(masks=kind))
    fields: Fields = []
    for pair in pairs:
        field_of(pair, reading, fields)
    return fields[:MOST]


def field_of(pair: Pair, reading: MaskReading, fields: Fields) -> None:
    """Add a pair to the fields if it has objects and the size of the first."""
    truth = reading.read(open_image(pair.mask))
    image = open_image(pair.image).read()[:1].mean(axis=0).astype(np.float32)
    if truth is None or (fields and image.shape != fields[0][0].shape):
        return
    mask = np.where(truth.classes > 0, 255, 0).astype(np.uint8)
    if 0 < mask.mean() < 255:
        fields.append((image, mask))


def warnings_of(fields: Fields, fault: Fault) -> tuple[set[str], float | None]:
    """Train on the first three quarters (one cell: on the first field), and return the warnings and Dice."""
    learnt = 1 if fault.plant is one_cell else 3 * len(fields) // 4
    heard: list[Event] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for part, chosen in (("train", fields[:learnt]), ("validation", fields[learnt:])):
            for number, (image, mask) in enumerate(chosen):
                write(folder / part / "images" / f"{number}.tif", image)
                write(folder / part / "masks" / f"{number}.tif", mask)
        settings = TrainSettings(
            training=TrainingSettings(preset="fast", steps=fault.steps),
            masks=MaskSettings(masks=MaskKind.BINARY),
            device=DeviceSettings(device="cpu", threads=1),  # so that it may run beside something else
            **fault.settings,
        )
        result = train(
            folder / "train/images",
            folder / "train/masks",
            validation=(folder / "validation/images", folder / "validation/masks"),
            out=folder / "run",
            settings=settings,
            check=False,
            on_event=heard.append,
        )
    return {event.code for event in heard if isinstance(event, Warned)}, result.dice


def write(file: Path, array: NDArray[Any]) -> None:
    """Write an array as TIFF into a folder that is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(file, array)


if __name__ == "__main__":
    main(sys.argv[1:])
