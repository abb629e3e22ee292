"""The model file: what comes back, and the files that are refused."""

from __future__ import annotations

import json
import pickle
import pickletools
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from napari_cytounet.errors import ModelFileError
from napari_cytounet.settings import MaskKind, NetworkSettings
from napari_cytounet.unet.guided_filter import guided_filter
from napari_cytounet.unet.model import (
    Model,
    build_network,
    load_model,
    read_tensors,
    save_model,
    write_tensors,
)
from napari_cytounet.unet.model_card import FORMAT, HEADER, ModelCard
from napari_cytounet.unet.network import probabilities

CARD = ModelCard(
    version="0.1",
    channels=3,
    classes=("class 1", "class 2"),
    mask_kind=MaskKind.CLASSES,
    network=NetworkSettings(base_width=4, depth=1, stem="plain"),
    working_scale=0.37,
    pixel_size=0.65,
    thresholds=(0.25, 0.75),
    validation_dice=0.5,
    record="abc",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, build_network(CARD, seed=3).state_dict(), CARD)
    return path


def test_a_model_comes_back_as_it_was(file: Path) -> None:
    model = load_model(file)
    assert model.card == CARD
    assert model.path == file
    assert not model.network.training
    assert not any(weight.requires_grad for weight in model.network.parameters())
    expected = build_network(CARD, seed=3).state_dict()
    assert all(torch.equal(values, expected[name]) for name, values in model.network.state_dict().items())
    image = torch.rand(1, 3, 20, 20)
    assert torch.equal(model.network(image), Model(build_network(CARD, 3).eval(), CARD).network(image))


def test_a_guided_network_comes_back_guided(tmp_path: Path) -> None:
    network = NetworkSettings(base_width=4, depth=1, guided=True)
    card = CARD.model_copy(update={"network": network, "working_scale": 0.4})
    guided = build_network(card, seed=3).eval()
    free = build_network(
        card.model_copy(update={"network": NetworkSettings(base_width=4, depth=1)}), seed=3
    ).eval()
    image = torch.rand(1, 3, 20, 20)
    expected = probabilities(guided_filter(image, free(image), radius=3))
    torch.testing.assert_close(probabilities(guided(image)), expected)
    save_model(tmp_path / "model.safetensors", guided.state_dict(), card)
    assert torch.equal(load_model(tmp_path).network(image), guided(image))


def test_a_card_from_before_there_were_guided_networks_is_of_a_free_one() -> None:
    card = CARD.model_dump(mode="json")
    del card["network"]["guided"]
    assert not ModelCard.model_validate(card).network.guided


def test_the_folder_of_a_run_stands_for_its_model(file: Path) -> None:
    assert load_model(file.parent).card == CARD
    assert load_model(str(file)).card == CARD


def test_a_seed_gives_the_same_network_and_leaves_other_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, again, other = (build_network(CARD, seed).head.weight for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # whatever the length of the header says as pickle
def test_the_file_is_no_pickle(file: Path) -> None:
    content = file.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert json.loads(header["__metadata__"][HEADER])["classes"] == ["class 1", "class 2"]
    with pytest.raises(ValueError, match=r"opcode|quotes|newline|exhausted|decode"):
        list(pickletools.genops(content))


def test_a_file_whose_header_is_as_long_as_a_pickle_begins_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tensors.safetensors"
    for padding in range(600):
        write_tensors(path, {"a": torch.zeros(1)}, {"text": "x" * padding})
        if path.read_bytes()[0] == 0x80:
            break
    assert path.read_bytes()[0] == 0x80
    assert path.read_bytes()[1] <= 5
    assert read_tensors(path)[1] == {"text": "x" * padding}


@pytest.mark.parametrize("kept", [0, 4, 8, 100, -1])
def test_a_truncated_file_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ModelFileError, match=r"model\.safetensors is truncated or no safetensors file.*copy"):
        load_model(file)


@pytest.mark.parametrize("text", ["hello world, this is no model", "{}", '{"format": 1}'])
def test_a_text_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ModelFileError, match="no safetensors file"):
        load_model(file)


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_never_opened(tmp_path: Path, protocol: int) -> None:
    bare, zipped, legacy = (tmp_path / name for name in ("bare.pkl", "model.pt", "old.pt"))
    bare.write_bytes(pickle.dumps(_Trap(), protocol))
    torch.save({"weights": _Trap()}, zipped)
    torch.save({"weights": _Trap()}, legacy, _use_new_zipfile_serialization=False)
    for path in (bare, zipped, legacy):
        with pytest.raises(ModelFileError, match=r"is a pickle.*\.safetensors"):
            load_model(path)


def test_the_oldest_pickles_are_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "text.pkl"
    path.write_bytes(pickle.dumps(_Trap(), 0))
    with pytest.raises(ModelFileError, match="no safetensors file"):
        load_model(path)


def test_a_safetensors_file_of_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(ModelFileError, match=r"other\.safetensors.*not a model of napari-cytounet"):
        load_model(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.safetensors", tmp_path):
        with pytest.raises(ModelFileError, match="There is no model file"):
            load_model(path)


def test_a_file_of_a_newer_version_asks_for_an_upgrade(file: Path) -> None:
    newer = CARD.model_dump(mode="json") | {"format": FORMAT + 1, "version": "9.9", "something": "new"}
    write_tensors(file, build_network(CARD, 0).state_dict(), {HEADER: json.dumps(newer)})
    with pytest.raises(ModelFileError, match=r"newer napari-cytounet \(9\.9.*pip install -U"):
        load_model(file)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"format": null}',
        '{"format": "one"}',
        '{"channels": 0}',
        '{"format": 1}',
    ],
)
def test_a_damaged_header_is_refused(file: Path, header: str) -> None:
    write_tensors(file, build_network(CARD, 0).state_dict(), {HEADER: header})
    with pytest.raises(ModelFileError, match=r"header of .*model\.safetensors is damaged"):
        load_model(file)


def test_weights_that_do_not_fit_the_header_are_refused(file: Path) -> None:
    other = CARD.model_copy(update={"network": NetworkSettings(base_width=8, depth=1, stem="plain")})
    save_model(file, build_network(CARD, 0).state_dict(), other)
    with pytest.raises(ModelFileError, match="do not fit"):
        load_model(file)


def test_a_failed_write_leaves_the_former_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Exception, match="full"):
        save_model(file, build_network(CARD, 4).state_dict(), CARD)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
