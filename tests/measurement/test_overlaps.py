from __future__ import annotations

import tracemalloc

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.measurement.overlaps import count_overlaps


@st.composite
def label_images(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=3, max_side=6))
    return (
        draw(arrays(np.int32, shape, elements=st.integers(0, 5))),
        draw(arrays(np.int64, shape, elements=st.sampled_from([-1, 0, 1, 2, 70_000, 2**40]))),
    )


@settings(max_examples=80, deadline=None)
@given(label_images())
def test_every_pair_is_counted_as_by_hand(images):
    predicted, truth = images
    overlaps = count_overlaps(predicted, truth)
    seen = predicted * (truth != -1)
    pairs = {}
    for true in set(truth[truth > 0].tolist()):
        for found in set(seen[seen > 0].tolist()):
            shared = int(((truth == true) & (seen == found)).sum())
            if shared:
                pairs[true, found] = (shared, shared / ((truth == true) | (seen == found)).sum())
    found_pairs = zip(
        overlaps.true_labels[overlaps.true_index].tolist(),
        overlaps.predicted_labels[overlaps.predicted_index].tolist(),
        strict=True,
    )
    counted = zip(overlaps.shared.tolist(), overlaps.iou.tolist(), strict=True)
    assert dict(zip(found_pairs, counted, strict=True)) == pairs
    for label, area, hidden in zip(
        overlaps.predicted_labels, overlaps.predicted_areas, overlaps.unlabelled_areas, strict=True
    ):
        assert area == (seen == label).sum()
        assert hidden == ((predicted == label) & (truth == -1)).sum()


def test_ten_thousand_objects_make_no_table_of_all_pairs():
    labels = np.kron(np.arange(1, 10_001, dtype=np.int32).reshape(100, 100), np.ones((5, 5), np.int32))
    tracemalloc.start()
    overlaps = count_overlaps(np.roll(labels, 1, axis=0), labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(overlaps.shared) == 20_000
    assert peak < 60e6  # a byte for each pair would be 100 MB
