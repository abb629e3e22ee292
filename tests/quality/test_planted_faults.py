"""Every kind of fault, planted clearly into real images, is found where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import FAULTS, Carrier, Fault

from napari_cytounet.quality.checking import CheckResult, check
from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.severities import Severity
from napari_cytounet.settings import MaskKind, MaskSettings

PLANTED_BY_HAND = {
    "class-imbalance",
    "score-ceiling",
    "mask-contradicted",
    "file-unreadable",
    "mask-photograph",
    "mask-ambiguous",
}


def _checked(carrier: Carrier, folder: Path, kind: MaskKind | None) -> CheckResult:
    carrier.write(folder)
    validation = (folder / "validation/images", folder / "validation/masks") if carrier.held_images else None
    settings = MaskSettings(masks=carrier.options.get("kind", kind))
    return check(folder / "images", folder / "masks", validation=validation, mask_settings=settings)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}-{fault.name}")
def test_a_clear_fault_is_found_where_it_is(
    fault: Fault, nuclei: Carrier, binary_nuclei: Carrier, tmp_path: Path
) -> None:
    is_binary = "instances" not in fault.kinds
    carrier = (binary_nuclei if is_binary else nuclei).copy()
    target = next(iter(carrier.images))
    names = fault.plant(carrier, target, fault.clear, np.random.default_rng(0))
    # Outlines are told from filled objects where nobody named the kind.
    kind = None if is_binary or fault.name == "outline_all" else MaskKind.INSTANCES
    findings = [
        finding for finding in _checked(carrier, tmp_path, kind).findings if finding.code == fault.code
    ]
    places = {
        place.name.split(".")[0] for finding in findings for place in (finding.where.file, *finding.others)
    }
    assert places & {*names, "masks"}, (places, names)


def test_good_images_give_no_finding_of_harm(nuclei: Carrier, tmp_path: Path) -> None:
    findings = _checked(nuclei, tmp_path, MaskKind.INSTANCES).findings
    assert [finding for finding in findings if finding.severity in {Severity.HIGH, Severity.MEDIUM}] == []


def test_what_follows_from_a_swapped_mask_is_not_told(binary_nuclei: Carrier, tmp_path: Path) -> None:
    carrier = binary_nuclei.copy()
    name = next(iter(carrier.images))
    carrier.masks[name] = 255 - carrier.masks[name]
    findings = _checked(carrier, tmp_path, MaskKind.BINARY).findings
    of_swapped = {f.code for f in findings if f.where.file == tmp_path / "masks" / f"{name}.ome.tif"}
    assert "mask-inverted" in of_swapped
    assert not of_swapped & {"object-giant", "objects-cut", "mask-holes"}


def test_every_code_has_its_planted_fault() -> None:
    assert {fault.code for fault in FAULTS} | PLANTED_BY_HAND == set(CODES)


def test_a_file_that_is_no_image_is_named(nuclei: Carrier, tmp_path: Path) -> None:
    nuclei.write(tmp_path)
    broken = next((tmp_path / "images").iterdir())
    broken.write_bytes(b"II*\0 and then nothing")
    findings = check(tmp_path / "images", tmp_path / "masks").findings
    assert [finding.where.file for finding in findings if finding.code == "file-unreadable"] == [broken]


def test_a_photograph_among_the_masks_is_named(nuclei: Carrier, tmp_path: Path) -> None:
    carrier = nuclei.copy()
    name = next(iter(carrier.images))
    carrier.masks[name] = carrier.images[name]
    findings = _checked(carrier, tmp_path, None).findings
    assert [f.where.file.name for f in findings if f.code == "mask-photograph"] == [f"{name}.ome.tif"]


def test_a_rare_class_is_named(nuclei: Carrier, tmp_path: Path) -> None:
    carrier = nuclei.copy()
    for name, mask in carrier.masks.items():
        classes = (mask > 0).astype(np.uint8)
        classes[:5, :6] = 2  # 0.05 % of the pixels
        carrier.masks[name] = classes
    findings = _checked(carrier, tmp_path, MaskKind.CLASSES).findings
    assert ["class 2" in f.what for f in findings if f.code == "class-imbalance"] == [True]


def test_rough_outlines_lower_the_ceiling(binary_nuclei: Carrier, tmp_path: Path) -> None:
    rough = binary_nuclei.copy()
    random = np.random.default_rng(0)
    for name, mask in binary_nuclei.masks.items():
        moved = np.clip(np.indices(mask.shape) + random.integers(-3, 4, (2, *mask.shape)), 0, len(mask) - 1)
        rough.masks[name] = mask[tuple(moved)]
    smooth, jittered = (
        next(
            f
            for f in _checked(carrier, tmp_path / part, MaskKind.BINARY).findings
            if f.code == "score-ceiling"
        )
        for part, carrier in (("smooth", binary_nuclei), ("rough", rough))
    )
    dice = [float(f.what.split("Dice ")[1].split(":")[0]) for f in (smooth, jittered)]
    assert dice[0] > 0.95 > 0.9 > dice[1]


def test_values_that_may_be_classes_or_objects_are_asked_about(nuclei: Carrier, tmp_path: Path) -> None:
    carrier = nuclei.copy()
    for name, mask in nuclei.masks.items():
        few = np.zeros(mask.shape, np.uint8)
        for value, number in enumerate(np.unique(mask)[5:8], start=1):
            few[mask == number] = value
        carrier.masks[name] = few
    findings = _checked(carrier, tmp_path, None).findings
    assert [f.where.file.name for f in findings if f.code == "mask-ambiguous"] == ["masks"]
