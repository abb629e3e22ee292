from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import regionprops

from napari_cytounet.measurement.places import find_places

label_images = arrays(np.int32, array_shapes(min_dims=2, max_dims=3, max_side=7), elements=st.integers(-1, 5))


@settings(max_examples=60, deadline=None)
@given(label_images)
def test_equals_skimage(labels):
    places = find_places(labels)
    regions = regionprops(np.maximum(labels, 0))
    assert places.labels.tolist() == [region.label for region in regions]
    for number, region in enumerate(regions):
        np.testing.assert_allclose(places.centroids[number], region.centroid)
        half = labels.ndim
        assert tuple(places.first[number]) == region.bbox[:half]
        assert tuple(places.last[number] + 1) == region.bbox[half:]
