"""The folder of a session: begun, read, moved, and what else may lie there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.session import accept_images, create_session, read_session
from napari_cytounet.errors import CytounetError, ImageError, OutputError, PredictionError, SettingsError
from napari_cytounet.runs.listing import list_runs
from napari_cytounet.runs.run_lock import locked
from napari_cytounet.runs.unfinished import unfinished_runs
from napari_cytounet.segmentation.thresholds import unscored_thresholds
from napari_cytounet.settings import CorrectionSettings, ImageSettings
from napari_cytounet.unet.model import build_network, save_model
from napari_cytounet.unet.model_card import ModelCard, ObjectCard


def test_what_was_begun_is_read(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    np.save(tmp_path / "b.npy", np.stack([pixels, pixels]))
    settings = CorrectionSettings(
        class_names=("cell", "debris"), class_colours=("#ff0000", "#00ff00"), diameter=60
    )
    made = create_session(
        tmp_path / "new" / "session",
        [tmp_path / "a.tif", tmp_path / "b.npy"],
        settings=settings,
        image_settings=ImageSettings(pixel_size=0.5),
    )
    session = read_session(tmp_path / "new" / "session")
    assert session == made
    assert session.card.classes == ("cell", "debris")
    assert session.card.thresholds == unscored_thresholds(2)
    assert session.card.colours == ("#ff0000", "#00ff00")
    assert (session.card.working_scale, session.card.pixel_size) == (0.5, 0.5)
    images = session.open_images(tmp_path / "new" / "session")
    assert [image.planes for image in images] == [[()], [(0,), (1,)]] or [
        list(image.planes) for image in images
    ] == [[()], [(0,), (1,)]]
    assert session.changed_images(tmp_path / "new" / "session") == []


def test_a_network_from_nothing_is_guided_but_in_a_session_from_before_there_was_a_guide(
    tmp_path: Path, pixels: NDArray[np.uint8]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    assert create_session(tmp_path / "session", [tmp_path / "a.tif"]).card.network.guided
    file = tmp_path / "session" / "session.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["card"]["network"]["guided"], content["settings"]["network"]["guided"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert not read_session(tmp_path / "session").card.network.guided


def test_it_is_listed_as_a_session_and_not_as_a_training_to_go_on_with(session: Path) -> None:
    (run,) = list_runs(session.parent)
    assert (run.path, run.state, run.images, run.masks, run.preset) == (
        session,
        "session",
        1,
        "strokes",
        "correction",
    )
    assert unfinished_runs(session.parent) == []
    with locked(session):
        assert unfinished_runs(session.parent) == []


def test_a_folder_that_is_taken_is_refused(session: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="already holds a session"):
        create_session(session, [tmp_path / "cells.tif"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    with pytest.raises(OutputError, match="is not empty"):
        create_session(tmp_path / "full", [tmp_path / "cells.tif"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "record.json").write_text("{}")
    with pytest.raises(OutputError, match="already holds a run"):
        create_session(tmp_path / "run", [tmp_path / "cells.tif"])


def test_what_cannot_be_begun_leaves_the_folder_for_another_try(
    tmp_path: Path, pixels: NDArray[np.uint8]
) -> None:
    tifffile.imwrite(tmp_path / "grey.tif", pixels)
    tifffile.imwrite(tmp_path / "colour.tif", np.stack([pixels] * 3, axis=-1), photometric="rgb")
    noisy = np.stack([pixels, pixels // 2, 255 - pixels], axis=-1)
    tifffile.imwrite(tmp_path / "colour.tif", noisy, photometric="rgb")
    folder = tmp_path / "session"
    with pytest.raises(SettingsError, match=r"colour\.tif has 3 channel.*two sessions"):
        create_session(folder, [tmp_path / "grey.tif", tmp_path / "colour.tif"])
    with pytest.raises(ImageError, match="nowhere"):
        create_session(folder, [tmp_path / "nowhere.tif"])
    with pytest.raises(SettingsError, match="at least one image"):
        create_session(folder, [])
    create_session(folder, [tmp_path / "grey.tif"])
    assert read_session(folder).card.channels == 1


def test_it_may_begin_from_a_model(
    tmp_path: Path, pixels: NDArray[np.uint8], settings: CorrectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "cells.tif", pixels)
    card = ModelCard(
        channels=1,
        classes=("nucleus", "mitosis"),
        network=settings.network,
        thresholds=(0.4, 0.6),
        working_scale=0.7,
        validation_dice=0.9,
        objects=ObjectCard(foreground=0.3, seeds=0.6, validation_score=0.7, own_scale=True),
    )
    save_model(tmp_path / "model.safetensors", dict(build_network(card, 0).state_dict()), card)
    monkeypatch.chdir(tmp_path)
    create_session(Path("session"), [Path("cells.tif")], start_from=Path("model.safetensors"))
    monkeypatch.chdir("/")
    session = read_session(tmp_path / "session")
    assert session.card.classes == ("nucleus", "mitosis")
    assert (session.card.working_scale, session.card.thresholds) == (0.7, (0.4, 0.6))
    assert session.card.validation_dice is None
    assert session.card.objects == ObjectCard(foreground=0.3, seeds=0.6)
    assert session.start_from == tmp_path / "model.safetensors"
    assert session.open_images(tmp_path / "session")[0].height == 96

    two = np.stack([pixels, 255 - pixels])
    np.save(tmp_path / "two.npy", two)
    with pytest.raises(PredictionError, match=r"2 channel\(s\)"):
        create_session(
            tmp_path / "other",
            [tmp_path / "two.npy"],
            start_from=tmp_path / "model.safetensors",
            image_settings=ImageSettings(axes="CYX"),
        )


def test_its_own_images_move_with_it(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    folder = tmp_path / "here"
    (folder / "data").mkdir(parents=True)
    np.save(folder / "data" / "layer.npy", pixels)
    session = create_session(folder, [folder / "data" / "layer.npy"])
    assert session.images[0].path == Path("data/layer.npy")
    moved = folder.rename(tmp_path / "there")
    again = read_session(moved)
    assert again.changed_images(moved) == []
    np.testing.assert_array_equal(again.open_images(moved)[0].read(())[0], pixels)


def test_a_changed_image_is_found_and_may_be_accepted(
    session: Path, tmp_path: Path, pixels: NDArray[np.uint8]
) -> None:
    tifffile.imwrite(tmp_path / "cells.tif", 255 - pixels)
    assert read_session(session).changed_images(session) == [tmp_path / "cells.tif"]
    accepted = accept_images(session)
    assert accepted.changed_images(session) == []
    assert read_session(session) == accepted
    (tmp_path / "cells.tif").unlink()
    with pytest.raises(ImageError, match=r"cells\.tif"):
        accept_images(session)


def test_a_folder_without_a_session_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no correction session"):
        read_session(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"images": []}', "\x00\xff", '{"format": "x"}'])
def test_a_damaged_session_is_named(session: Path, content: str) -> None:
    file = SessionFolder(session).session
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(OutputError, match=r"session\.json is damaged"):
        read_session(session)


def test_a_session_of_a_newer_version_asks_for_an_upgrade(session: Path) -> None:
    file = SessionFolder(session).session
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2, "teams": 3}))
    with pytest.raises(OutputError, match="pip install -U"):
        read_session(session)


def test_a_disk_that_is_full_is_said(small_disk: Path, tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    tifffile.imwrite(tmp_path / "cells.tif", pixels)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    with pytest.raises(CytounetError, match=r"full|cannot be made"):
        create_session(small_disk / "session", [tmp_path / "cells.tif"])
