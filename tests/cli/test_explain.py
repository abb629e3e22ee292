"""`cytounet explain` tells what findings and scores mean."""

from __future__ import annotations

import json

import pytest

from napari_cytounet.cli import main
from napari_cytounet.measurement.explanations import EXPLANATIONS
from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.decided import DECIDED


def test_every_finding_says_how_it_is_decided() -> None:
    assert set(DECIDED) == set(CODES)


def test_a_finding_and_a_score_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "boundary-offset", "dice"]) == 0
    said = capsys.readouterr().out
    assert CODES["boundary-offset"].title in said
    assert DECIDED["boundary-offset"] in said
    assert EXPLANATIONS["dice"].formula in said


def test_without_names_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(CODES) | set(EXPLANATIONS)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "sharpness"]) == 1
    assert "no finding or score sharpness" in capsys.readouterr().err
