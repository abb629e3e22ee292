"""Two conditions compared, from tables and from labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from defusedxml.ElementTree import parse

from napari_cytounet.cli import main
from napari_cytounet.errors import ImageError, OutputError, SettingsError
from napari_cytounet.images.writing import write_image
from napari_cytounet.measurement.comparing import compare
from napari_cytounet.measurement.measuring import measure
from napari_cytounet.settings import CompareSettings, MaskKind, MaskSettings

INSTANCES = MaskSettings(masks=MaskKind.INSTANCES)


def squares(side: int, count: int) -> np.ndarray:
    labels = np.zeros((60, 60), np.uint16)
    for number in range(count):
        top, left = divmod(number, 5)
        labels[12 * top : 12 * top + side, 12 * left : 12 * left + side] = number + 1
    return labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Labels of two conditions: the cells of the second are larger, and there are fewer of them."""
    for name, sides, counts in (("control", (4, 5, 6), (9, 8, 10)), ("treated", (8, 9, 7), (5, 4, 0))):
        for number, (side, count) in enumerate(zip(sides, counts, strict=True)):
            write_image(
                tmp_path / name / f"{number}.tif", squares(side, count), "YX", tags={"kind": "instances"}
            )
    return tmp_path


def test_labels_are_measured_and_images_without_objects_count(folder: Path) -> None:
    chosen = CompareSettings(columns=("objects", "area_px"))
    comparison = compare(folder / "control", folder / "treated", settings=chosen)
    objects, area = comparison.effects
    assert comparison.names == ("control", "treated")
    assert (objects.images, objects.means) == ((3, 3), (9, 3))
    assert (area.images, area.means) == ((3, 2), (pytest.approx(77 / 3), pytest.approx(145 / 2)))
    assert area.cliffs_delta == 1
    assert objects.cliffs_delta == -1
    low, high = area.hedges_g_interval
    assert 0 < low < high


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_and_folders_of_tables_say_the_same(suffix: str, folder: Path) -> None:
    for name in ("control", "treated"):
        measure(folder / name, folder / "tables" / f"{name}{suffix}")
        for number in range(2):
            measure(folder / name / f"{number}.tif", folder / f"{name} tables" / f"{number}{suffix}")
    chosen = CompareSettings(columns=("area_px", "solidity"))
    tables = [folder / "tables" / f"{name}{suffix}" for name in ("control", "treated")]
    from_labels = compare(folder / "control", folder / "treated", settings=chosen).as_dict()
    assert compare(*tables, settings=chosen).as_dict()["effects"] == from_labels["effects"]
    two_images = compare(folder / "control tables", folder / "treated tables", settings=chosen)
    assert two_images.effects[0].means == (pytest.approx(41 / 2), pytest.approx(145 / 2))


def test_the_image_is_the_unit_and_not_the_cell(folder: Path) -> None:
    """More cells of the same images make no difference surer."""
    few, many = folder / "few", folder / "many"
    for name, copies in (("few", 1), ("many", 4)):
        for condition, sides in (("a", (4, 5, 6)), ("b", (5, 6, 7))):
            for number, side in enumerate(sides):
                path = folder / name / condition / f"{number}.tif"
                write_image(path, squares(side, 5 * copies), "YX", tags={"kind": "instances"})
    chosen = CompareSettings(columns=("area_px",))
    one, other = (compare(side / "a", side / "b", settings=chosen).effects for side in (few, many))
    assert one == other


def test_the_plot_has_a_dot_for_each_image(folder: Path) -> None:
    chosen = CompareSettings(columns=("area_px", "objects"))
    compare(folder / "control", folder / "treated", plot=folder / "a<b.svg", settings=chosen)
    root = parse(folder / "a<b.svg").getroot()
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 5 + 6
    with pytest.raises(OutputError, match="is there already"):
        compare(folder / "control", folder / "treated", plot=folder / "a<b.svg", settings=chosen)
    with pytest.raises(OutputError, match=r"ends in \.svg"):
        compare(folder / "control", folder / "treated", plot=folder / "a.png")


def test_errors_name_the_column_and_the_file(folder: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"no column volume in both conditions\. They have objects, area_px"
    ):
        compare(folder / "control", folder / "treated", settings=CompareSettings(columns=("volume",)))
    (folder / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ImageError, match=r"other\.csv: is no table of objects"):
        compare(folder / "other.csv", folder / "treated")
    (folder / "other.csv").write_text("image,label,area_px\na,1,large\n")
    with pytest.raises(ImageError, match=r"other\.csv: the column area_px holds what is no number"):
        compare(folder / "other.csv", folder / "treated")


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", str(folder / "control"), str(folder / "treated"), "--columns", "area_px"]
    assert main([*words, "--json"]) == 0
    (effect,) = json.loads(capsys.readouterr().out)["effects"]
    assert effect["quantity"] == "area_px"
    assert main([*words, "--plot", str(folder / "plot.svg")]) == 0
    shown = capsys.readouterr().out
    for part in ("control (3 images)", "Hedges' g", "Cliff's delta", "25.67"):
        assert part in shown
