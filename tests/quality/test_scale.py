"""Objects of another size are another magnification where they are of another file, not of another plane."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.quality.checking import check


def test_planes_that_cut_objects_at_their_ends_are_no_other_magnification(data: Path) -> None:
    folder = data / "qcanet_embryo_zyx"
    findings = check(folder / "images", folder / "masks").findings
    assert not [finding for finding in findings if finding.code == "magnification"]
