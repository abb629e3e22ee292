"""How many planted faults the data check finds: each kind, in real images of four sets, at two strengths.

One image of a folder of six gets one fault, the folder is checked as `cytounet check` does it, and the
fault counts as
found if a finding of its code points at the image or its mask (or at the folder, where all masks are
changed). Hand
over a number to draw so many images of each set (2 if not given), and codes to try these alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from planted import FAULTS, Carrier, Fault, carrier_of
from planted.carrier import objects_of
from reporting import data_folder, report

from napari_cytounet.images.pairing import Pair, find_pairs
from napari_cytounet.quality.checking import check
from napari_cytounet.quality.findings import Finding
from napari_cytounet.settings import MaskKind, MaskSettings

FOLDER_SIZE = 6
LEAST_OBJECTS = 5


@dataclass(frozen=True)
class CarrierSet:
    """Real images of one kind: the folder, its masks, the kind of mask, and how they are cut and chosen."""

    images: str
    masks: str
    kind: MaskKind
    side: int | None = None
    shape: tuple[int, int] | None = None


SETS = {
    "dsb2018 small": CarrierSet(
        "dsb2018/fluo/images", "dsb2018/fluo/masks", MaskKind.INSTANCES, shape=(256, 256)
    ),
    "usiigaci": CarrierSet("usiigaci_phase/images", "usiigaci_phase/masks", MaskKind.INSTANCES, side=448),
    "bbbc030": CarrierSet("bbbc030/train/images", "bbbc030/train/new_outlines", MaskKind.BINARY, side=640),
    "dsb2018 large": CarrierSet(
        "dsb2018/fluo/images", "dsb2018/fluo/masks", MaskKind.INSTANCES, shape=(520, 696)
    ),
}


def drawn(chosen: CarrierSet, random: np.random.Generator) -> list[Pair]:
    """Draw a folder's worth of pairs that hold at least five objects each, all of one shape."""
    pairs = find_pairs(data_folder() / chosen.images, data_folder() / chosen.masks).training
    taken: list[Pair] = []
    for pair in random.permutation(np.array(pairs, dtype=object)):
        carrier = carrier_of([pair], chosen.side)
        mask = carrier.masks[pair.name]
        if len(np.unique(objects_of(mask))) - 1 >= LEAST_OBJECTS and chosen.shape in {None, mask.shape}:
            taken.append(pair)
        if len(taken) == FOLDER_SIZE:
            break
    return taken


def trials(per_set: int) -> Iterator[tuple[str, CarrierSet, Carrier, str]]:
    """Yield folders, each with the name of the image that gets the fault."""
    for name, chosen in SETS.items():
        for seed in range(per_set):
            carrier = carrier_of(drawn(chosen, np.random.default_rng(seed)), chosen.side)
            if chosen.kind is MaskKind.BINARY:
                carrier = carrier.binary()
            yield name, chosen, carrier, next(iter(carrier.images))


def findings_of(carrier: Carrier, kind: MaskKind | None) -> list[Finding]:
    """Write a folder and check it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        carrier.write(folder)
        validation = (
            (folder / "validation/images", folder / "validation/masks") if carrier.held_images else None
        )
        settings = MaskSettings(masks=carrier.options.get("kind", kind))
        found = check(folder / "images", folder / "masks", validation=validation, mask_settings=settings)
        return list(found.findings)


def is_found(findings: list[Finding], fault: Fault, names: set[str]) -> bool:
    """Tell whether a finding of the fault's code points at one of the files, or at all of them."""
    for finding in findings:
        if finding.code == fault.code:
            places = {finding.where.file, *finding.others}
            if any(
                place.name.split(".")[0] in names or place.name in {"masks", "images"} for place in places
            ):
                return True
    return False


def main(options: list[str]) -> None:
    """Run the benchmark; the table is written after each set."""
    per_set = int(options[0]) if options and options[0].isdigit() else 2
    codes = {option for option in options if not option.isdigit()}
    tried: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    sets: list[str] = []
    for set_name, chosen, carrier, target in trials(per_set):
        for fault in FAULTS:
            if (codes and fault.code not in codes) or chosen.kind.value not in fault.kinds:
                continue
            for strength, value in (("clear", fault.clear), ("faint", fault.faint)):
                if value is None:
                    continue
                planted = carrier.copy()
                names = fault.plant(planted, target, value, np.random.default_rng(1))
                kind = None if fault.code in {"mask-outlines", "mask-inverted"} else chosen.kind
                found = is_found(findings_of(planted, kind), fault, names)
                tried[fault.code, fault.name, strength].update(found=int(found), tried=1)
                if not found:
                    print(f"missed: {fault.code} {fault.name} {strength}: {set_name} {target}", flush=True)
        sets.append(set_name)
        report(
            "local/check_faults" if codes else "check_faults",
            _rows(tried),
            note=f"folders of {', '.join(sets)}",
        )


def _rows(tried: dict[tuple[str, str, str], Counter[str]]) -> list[dict[str, str]]:
    rows = []
    for code, name in dict.fromkeys((code, name) for code, name, _ in tried):
        row = {"code": code, "planted by": name}
        for strength in ("clear", "faint"):
            counted = tried.get((code, name, strength))
            row[strength] = f"{counted['found']} of {counted['tried']}" if counted else "-"
        rows.append(row)
    totals = {"code": "all", "planted by": ""}
    for strength in ("clear", "faint"):
        counts = [counted for (*_, of), counted in tried.items() if of == strength]
        totals[strength] = f"{sum(c['found'] for c in counts)} of {sum(c['tried'] for c in counts)}"
    return [*rows, totals]


if __name__ == "__main__":
    main(sys.argv[1:])
