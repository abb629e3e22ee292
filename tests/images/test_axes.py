from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.errors import ImageError
from napari_cytounet.images.axes import AXES, Axes, check_axes, guess_axes, understand_axes


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 1), "YX"),
        ((100, 3), "YX"),
        ((480, 640, 3), "YXC"),
        ((480, 640, 4), "YXC"),
        ((3, 480, 640), "ZYX"),
        ((51, 120, 122), "ZYX"),
        ((4, 5, 443, 512), "TZYX"),
        ((7, 100, 90, 3), "ZYXC"),
        ((2, 7, 2, 100, 90), "TZCYX"),
        ((2, 7, 100, 90, 3), "TZYXC"),
    ],
)
def test_axes_are_guessed_from_the_shape(shape: tuple[int, ...], axes: str) -> None:
    assert guess_axes(shape) == axes


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 50, 60)])
def test_a_shape_that_makes_no_sense_names_the_option(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="--axes"):
        guess_axes(shape)


@pytest.mark.parametrize("axes", ["YXQ", "YYX", "TZ", "", "YXS"])
def test_axes_that_cannot_be(axes: str) -> None:
    with pytest.raises(ImageError, match="--axes"):
        check_axes(axes)


def test_what_the_user_says_wins() -> None:
    assert understand_axes((5, 20, 30), given="tyx", stored="ZYX") == Axes("TYX")


def test_dimensions_of_length_1_need_no_name() -> None:
    assert understand_axes((1, 20, 1, 30), given="YX") == Axes("YX", dropped=(0, 2))


@pytest.mark.parametrize("given_axes", ["YX", "TZYX"])
def test_axes_that_do_not_fit(given_axes: str) -> None:
    with pytest.raises(ImageError, match=r"of shape \(5, 20, 30\).*--axes"):
        understand_axes((5, 20, 30), given=given_axes)


@pytest.mark.parametrize(
    ("shape", "stored", "expected"),
    [
        ((20, 30, 3), "YXS", Axes("YXC", colours=True)),
        ((3, 20, 30), "SYX", Axes("CYX", colours=True)),
        ((1, 20, 30, 3), "CYXS", Axes("YXC", dropped=(0,), colours=True)),
        ((5, 20, 30), "QYX", Axes("ZYX", guessed=True)),
        ((5, 20, 30), "IYX", Axes("ZYX", guessed=True)),
        ((20, 30, 3), "QYX", Axes("YXC", colours=True, guessed=True)),
        ((5, 20, 30, 3), "QYXS", Axes("ZYXC", colours=True, guessed=True)),
        ((5, 4, 20, 30), "ZQYX", Axes("ZTYX", guessed=True)),
        ((5, 2, 20, 30), "QCYX", Axes("ZCYX", guessed=True)),
        ((1, 5, 20, 30), "HZYX", Axes("ZYX", dropped=(0,))),
        ((2, 5, 20, 30), "CZYX", Axes("CZYX")),
    ],
)
def test_axes_of_files(shape: tuple[int, ...], stored: str, expected: Axes) -> None:
    assert understand_axes(shape, stored=stored) == expected


@pytest.mark.parametrize(
    ("shape", "stored"),
    [
        ((2, 20, 30), "HYX"),
        ((2, 20, 30, 3), "CYXS"),
        ((2, 2, 2, 2, 20, 30), "QQQQYX"),
        ((20, 30), "ZYX"),
        ((5, 6), "ZQ"),
    ],
)
def test_axes_of_files_that_we_cannot_place(shape: tuple[int, ...], stored: str) -> None:
    with pytest.raises(ImageError, match="--axes"):
        understand_axes(shape, stored=stored)


@settings(deadline=None, max_examples=200)
@given(
    shape=st.lists(st.integers(1, 9), max_size=7).map(tuple),
    named=st.none() | st.text("TZCYXSQtzyx?", max_size=6),
    stored=st.none() | st.text("TZCYXSQIRH", max_size=6),
)
def test_axes_name_every_dimension_once_or_are_refused(
    shape: tuple[int, ...], named: str | None, stored: str | None
) -> None:
    try:
        found = understand_axes(shape, named, stored)
    except ImageError:
        return
    assert len(found.letters) + len(found.dropped) == len(shape)
    assert {"Y", "X"} <= set(found.letters) <= set(AXES)
    assert len(set(found.letters)) == len(found.letters)
    assert all(shape[dimension] == 1 for dimension in found.dropped)


@settings(deadline=None, max_examples=50)
@given(axes=st.permutations(AXES).map("".join), sizes=st.lists(st.integers(1, 9), min_size=5, max_size=5))
def test_known_axes_stay_as_they_are(axes: str, sizes: list[int]) -> None:
    assert understand_axes(tuple(sizes), stored=axes).letters == axes
