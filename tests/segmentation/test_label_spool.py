from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.segmentation import label_spool
from napari_cytounet.segmentation.label_spool import label_spool as open_spool


@pytest.mark.parametrize("in_memory", [1, 2**20])
def test_labels_come_back_in_any_order(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(label_spool, "IN_MEMORY", in_memory)
    kept = [np.arange(12, dtype=dtype).reshape(3, 4)[:, ::2] for dtype in (np.uint8, np.uint16, np.uint32)]
    with open_spool(tmp_path / "new") as spool:
        numbers = [spool.put(labels) for labels in kept]
        for number, labels in reversed(list(zip(numbers, kept, strict=True))):
            np.testing.assert_array_equal(spool.get(number), labels)
            assert spool.get(number).dtype == labels.dtype
        spool.put(kept[0])
        np.testing.assert_array_equal(spool.get(1), kept[1])
    assert not list((tmp_path / "new").iterdir())


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    with pytest.raises(OutputError, match=r"cannot be put aside there .*No space left"), open_spool(tmp_path):
        raise OSError(28, "No space left on device")
