from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.images.naming import image_stem, natural_key


@settings(deadline=None, max_examples=100)
@given(
    numbers=st.lists(st.integers(0, 10**12), unique=True), before=st.sampled_from(["img_", "day 2 ", "", "é"])
)
def test_numbers_sort_by_their_value(numbers: list[int], before: str) -> None:
    paths = [Path(f"{before}{number}.tif") for number in numbers]
    assert sorted(paths, key=natural_key) == [Path(f"{before}{number}.tif") for number in sorted(numbers)]


@settings(deadline=None, max_examples=100)
@given(
    names=st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
)
def test_any_names_have_one_order(names: list[str]) -> None:
    paths = [Path("folder") / f"x{name}" for name in names]
    backwards = paths[::-1]
    assert sorted(paths, key=natural_key) == sorted(backwards, key=natural_key)


def test_double_suffixes() -> None:
    assert [image_stem(Path(name)) for name in ("a.OME.tiff", "a.ome.zarr", "a.b.png", "ome.tif")] == [
        "a",
        "a",
        "a.b",
        "ome",
    ]
