"""The fixtures that all tests share keep their promises."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST.read_text("utf-8"))
    monkeypatch.delenv("CYTOUNET_REQUIRE_DATA", raising=False)
    monkeypatch.setenv("CYTOUNET_DATA", str(pytester.path / "data"))
    return pytester


def test_without_data_a_test_that_needs_it_skips_and_says_why(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_real(data): pass")
    result = suite.runpytest("-rs", "-p", "no:randomly")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*real data is missing*CYTOUNET_DATA*"])


def test_where_data_is_required_the_same_test_fails(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYTOUNET_REQUIRE_DATA", "1")
    suite.makepyfile("def test_real(data): pass")
    suite.runpytest("-p", "no:randomly").assert_outcomes(errors=1)


def test_data_is_the_folder_that_is_named(suite: pytest.Pytester) -> None:
    suite.mkdir("data")
    suite.makepyfile("def test_real(data): assert data.name == 'data'")
    suite.runpytest("-p", "no:randomly").assert_outcomes(passed=1)


def test_a_thread_that_outlives_its_test_is_an_error(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import threading

        stop = threading.Event()

        def test_leak():
            threading.Thread(target=stop.wait, args=(30,), name="forgotten", daemon=True).start()

        def teardown_module():
            stop.set()
    """)
    result = suite.runpytest("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*threads still run after the test: ?'forgotten'?*"])
