"""Outlines that lie beside the edges of the image, in real images of cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import Carrier, carrier_of
from planted.mask_faults import widen

from napari_cytounet.images.pairing import Pair
from napari_cytounet.quality.checking import check
from napari_cytounet.settings import MaskKind, MaskSettings

NAMES = ("cho22", "cho31", "cho38", "cho39")


@pytest.fixture
def cells(data: Path) -> Carrier:
    """Fields of BBBC030 whose outlines lie on the edges."""
    folder = data / "bbbc030" / "train"
    pairs = [
        Pair(folder / "images" / f"{name}.png", folder / "new_outlines" / f"{name}.png") for name in NAMES
    ]
    return carrier_of(pairs, 640).binary()


def test_outlines_far_outside_the_edge_are_found(cells: Carrier, tmp_path: Path) -> None:
    # By more than the few pixels around the outline within which an edge is sought to judge its contrast.
    widen(cells, NAMES[0], 0.2, np.random.default_rng(0))
    cells.write(tmp_path)
    settings = MaskSettings(masks=MaskKind.BINARY)
    findings = check(tmp_path / "images", tmp_path / "masks", mask_settings=settings).findings
    beside = [finding for finding in findings if finding.code == "boundary-offset"]
    assert [finding.where.file.name.split(".")[0] for finding in beside] == [NAMES[0]]


def test_nuclei_inside_cells_are_no_edges_of_the_cells(data: Path) -> None:
    """White blood cells: their nuclei are far darker than the cells, whose outlines are drawn well."""
    folder = data / "wbc2"
    settings = MaskSettings(masks=MaskKind.CLASSES)
    findings = check(folder / "images", folder / "masks", mask_settings=settings).findings
    assert not [finding for finding in findings if finding.code == "boundary-offset"]
