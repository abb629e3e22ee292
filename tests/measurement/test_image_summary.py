from __future__ import annotations

import json

import numpy as np
import pytest

from napari_cytounet.measurement.image_summary import summarise_objects


def test_density_confluence_and_spread():
    planes = [np.array([10, 20, 30]), np.array([40])]
    image = summarise_objects("a", planes, pixels=2_000, pixel_area=0.25)
    assert (image.objects, image.confluence, image.objects_per_megapixel) == (4, 0.05, 2_000)
    assert image.objects_per_mm2 == pytest.approx(4 / (2_000 * 0.25e-6))
    spread = image.area_px
    assert (spread.mean, spread.first_quartile, spread.median, spread.third_quartile) == (25, 17.5, 25, 32.5)
    assert spread.sd == pytest.approx(np.std([10, 20, 30, 40], ddof=1))
    assert image.mean_area_um2 == 6.25


def test_without_objects_or_a_pixel_size_what_is_not_known_is_none():
    image = summarise_objects("a", [], pixels=100, pixel_area=None)
    assert (image.objects, image.confluence, image.mean_area_px) == (0, 0, None)
    assert image.objects_per_mm2 is image.area_um2 is image.mean_area_um2 is None
    assert summarise_objects("a", [np.array([5])], 100, None).area_px.sd is None
    json.dumps(image.as_dict(), allow_nan=False)
