"""Help is quick to get and complete."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from napari_cytounet import __version__, settings
from napari_cytounet.cli import main
from napari_cytounet.cli.app import COMMANDS, app
from napari_cytounet.quality.codes import CODES

WITHOUT_HEAVY_PACKAGES = """
import sys
from napari_cytounet.cli import main
assert main({words}) == 0
heavy = {{"torch", "scipy", "skimage", "zarr", "napari", *{more}}} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    ("words", "more"),
    [(["--help"], ["pydantic"]), (["--version"], ["pydantic"]), (["train", "--help"], [])],
)
def test_help_loads_no_heavy_package(words: list[str], more: list[str]) -> None:
    code = WITHOUT_HEAVY_PACKAGES.format(words=words, more=more)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    assert [command for command in COMMANDS if f" {command} " not in listed] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_of_a_command_is_explained(command: str) -> None:
    arguments = app[command].assemble_argument_collection(parse_docstring=True)
    options = [argument for argument in arguments if not argument.children]
    assert options
    assert [option.name for option in options if not option.parameter.help] == []


@pytest.mark.parametrize("command", ["compare", "note", "archive", "restore"])
def test_so_is_every_argument_of_what_is_done_to_runs(command: str) -> None:
    arguments = app["runs"][command].assemble_argument_collection(parse_docstring=True)
    assert [
        argument.name for argument in arguments if not (argument.children or argument.parameter.help)
    ] == []


def test_training_offers_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    offered = capsys.readouterr().out
    concerns = [getattr(settings.TrainSettings(), name) for name in settings.TrainSettings.model_fields]
    names = [name for concern in concerns for name in type(concern).model_fields]
    assert [name for name in names if "--" + name.replace("_", "-") not in offered] == []


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_options_that_the_data_check_advises_exist() -> None:
    advised = set(re.findall(r"--[a-z][a-z-]+", " ".join(code.advice for code in CODES.values())))
    assert "--fix" in advised
    known = {
        name
        for command in ("check", "train")
        for argument in app[command].assemble_argument_collection(parse_docstring=True)
        for name in argument.names
    }
    assert advised - known == set()
