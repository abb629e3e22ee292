"""What tests of the data check share: real pairs to plant faults into, and a way to check them."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import Carrier, carrier_of

from napari_cytounet.images.pairing import Pair

NAMES = ("2e172afb1f43b359", "1b6044e4858a9b7c", "1d4a5e729bb96b08", "27c30f9011492f23", "003cee89357d9fe1")
"""Fields of DSB 2018 that look alike: 256 x 256 pixels, 27 to 41 nuclei of about 12 pixels."""


@pytest.fixture(scope="session")
def nuclei(data: Path) -> Carrier:
    """Real fields of nuclei with instance masks."""
    folder = data / "dsb2018" / "fluo"
    return carrier_of(
        [Pair(folder / "images" / f"{name}.tif", folder / "masks" / f"{name}.tif") for name in NAMES]
    )


@pytest.fixture(scope="session")
def binary_nuclei(nuclei: Carrier) -> Carrier:
    """The same with masks of 0 and 255."""
    return nuclei.binary()
