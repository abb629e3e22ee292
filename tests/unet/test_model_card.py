"""Tests of reading a model's card without its weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.numpy import save_file

from napari_cytounet.errors import ModelFileError
from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.model import build_network, save_model
from napari_cytounet.unet.model_card import ModelCard, model_file, read_card

CARD = ModelCard(
    channels=1,
    classes=("cell",),
    network=NetworkSettings(base_width=4, depth=1),
    thresholds=(0.5,),
    validation_dice=0.9,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    save_model(tmp_path / "model.safetensors", build_network(CARD, seed=0).state_dict(), CARD)
    return tmp_path


def test_the_card_is_read_by_file_or_run(run: Path) -> None:
    assert read_card(run) == read_card(run / "model.safetensors") == CARD
    assert model_file(run) == run / "model.safetensors"


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(ModelFileError, match="is a pickle"):
        read_card(path)
    torch.save({"weights": 1}, path)
    with pytest.raises(ModelFileError, match="is a pickle"):
        read_card(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(ModelFileError, match="There is no model file"):
        read_card(path)
    path.write_bytes(b"not a model")
    with pytest.raises(ModelFileError, match="truncated or no safetensors file"):
        read_card(path)
    save_file({"weights": torch.zeros(3).numpy()}, path)
    with pytest.raises(ModelFileError, match="not a model of napari-cytounet"):
        read_card(path)


def test_a_model_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    card = CARD.model_copy(update={"format": 99, "version": "7.0"})
    save_model(path, {"weights": torch.zeros(3)}, card)
    with pytest.raises(ModelFileError, match="newer napari-cytounet"):
        read_card(path)
