"""Tests of the names and colours of classes."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.utils.colormaps import DirectLabelColormap
from pytestqt.qtbot import QtBot

from napari_cytounet.images.truth import MaskReading
from napari_cytounet.settings import MaskKind
from napari_cytounet.widgets.training.class_names import ClassNames, FoundClass, classes_in

CLASSES = MaskReading(MaskKind.CLASSES, "as you said", values=(1, 5))


def test_colours_are_those_that_were_painted_in() -> None:
    colours = DirectLabelColormap(color_dict={1: "red", 5: "#0000ff", None: "transparent"})
    assert classes_in(CLASSES, colours) == [
        FoundClass("1", "class 1", "#ff0000"),
        FoundClass("5", "class 5", "#0000ff"),
    ]
    own = LabelsLayer(np.zeros((4, 4), int)).colormap
    red, green, blue, _ = own.map(np.array([5]))[0]
    assert classes_in(CLASSES, own)[1].colour == "#" + "".join(
        f"{round(255 * float(share)):02x}" for share in (red, green, blue)
    )


def test_colours_that_cannot_be_seen_or_are_not_known_are_ours() -> None:
    unseen = DirectLabelColormap(color_dict={None: "transparent"})
    assert classes_in(CLASSES, unseen) == classes_in(CLASSES)
    assert len({found.colour for found in classes_in(CLASSES)}) == 2


def test_objects_and_lines_are_one_class_and_colours_of_a_mask_are_their_own() -> None:
    assert classes_in(MaskReading(MaskKind.INSTANCES, ""))[0].name == "foreground"
    wbc = MaskReading(MaskKind.CLASSES, "", values=((255, 0, 16), (0xFFFF, 0, 257)))
    assert [found.colour for found in classes_in(wbc)] == ["#ff0010", "#ff0001"]


def test_names_are_typed_and_stay_with_their_value(qtbot: QtBot) -> None:
    names = ClassNames()
    qtbot.addWidget(names.native)
    names.show_classes(classes_in(CLASSES))
    assert names.names == ("class 1", "class 5")
    assert not names.any_typed
    names.fields[1].value = " nucleus "
    names.show_classes(classes_in(MaskReading(MaskKind.CLASSES, "", values=(2, 5))))
    assert names.names == ("class 2", "nucleus")
    assert names.any_typed
    assert len(names.colours) == 2
    names.show_classes([])
    assert names.names == names.colours == ()
