from __future__ import annotations

import pytest

from napari_cytounet.images.pixel_size import micrometres


@pytest.mark.parametrize(
    ("length", "unit", "expected"),
    [
        (0.5, "µm", 0.5),
        (0.5, "μm", 0.5),
        (0.5, "\\u00B5m", 0.5),
        (0.5, "Micron", 0.5),
        (500, "nanometer", 0.5),
        (5000, "Å", 0.5),
        (0.0005, " mm ", 0.5),
        (0.00005, "cm", 0.5),
        (1, "inch", 25400),
        (1, "pixel", None),
        (1, "", None),
    ],
)
def test_units(length: float, unit: str, expected: float | None) -> None:
    assert micrometres(length, unit) == (expected if expected is None else pytest.approx(expected))
