"""Files that one process appends to while others read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.json_lines import LineReader, append_line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "lines.jsonl"


def test_a_reader_gets_what_is_new(file: Path) -> None:
    reader = LineReader(file)
    assert reader.read() == []
    append_line(file, {"a": 1})
    append_line(file, {"text": "two\nlines\r\u2028 é"})
    assert reader.read() == [{"a": 1}, {"text": "two\nlines\r\u2028 é"}]
    assert reader.read() == []
    append_line(file, {"a": 3})
    assert reader.read() == [{"a": 3}]
    assert LineReader(file, from_end=True).read() == []


def test_half_a_line_is_waited_for(file: Path) -> None:
    reader = LineReader(file)
    whole = b'{"a": 1}\n{"b": 2}\n'
    for end in range(len(whole)):
        file.write_bytes(whole[:end])
        assert LineReader(file).read() == [{"a": 1}][: end >= 9]
    file.write_bytes(whole[:12])
    assert reader.read() == [{"a": 1}]
    file.write_bytes(whole)
    assert reader.read() == [{"b": 2}]


def test_the_torn_line_of_a_killed_writer_spoils_no_other(file: Path) -> None:
    file.write_bytes(b'{"a": 1}\n{"b": ')
    reader = LineReader(file, from_end=True)
    append_line(file, {"c": 3})
    assert reader.read() == [{"c": 3}]
    assert LineReader(file).read() == [{"a": 1}, {"c": 3}]


def test_a_file_that_became_shorter_is_read_anew(file: Path) -> None:
    reader = LineReader(file)
    for number in range(3):
        append_line(file, {"before": number})
    reader.read()
    file.write_bytes(b'{"after": 1}\n')
    assert reader.read() == [{"after": 1}]


def test_lines_that_are_no_objects_are_passed_over(file: Path) -> None:
    file.write_bytes(b'\n[1]\nnonsense\n\xff\xfe\n{"a": 1}\n')
    assert LineReader(file).read() == [{"a": 1}]


@given(
    lines=st.lists(st.dictionaries(st.text(), st.integers() | st.text())),
    cuts=st.lists(st.integers(0, 400), max_size=5),
)
def test_however_it_is_cut_every_line_is_read_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    for line in lines:
        append_line(folder / "whole", line)
    content = (folder / "whole").read_bytes() if lines else b""
    reader = LineReader(folder / "growing")
    read = []
    for end in [*sorted(cuts), len(content)]:
        (folder / "growing").write_bytes(content[:end])
        read += reader.read()
    assert read == lines


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone was deleted"):
        append_line(tmp_path / "gone" / "lines.jsonl", {})
    assert not (tmp_path / "gone").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"lines\.jsonl: the disk .* is full"):
        append_line(tmp_path / "lines.jsonl", {"a": 1})
