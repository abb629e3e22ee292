"""BBBC030: Chinese hamster ovary cells in DIC with hand-drawn outlines, as cytounet laid them out.

60 of them exist; these are the 40 that cytounet trained and validated on. The images are set BBBC030v1 of the
Broad Bioimage Benchmark Collection (Ljosa et al., Nature Methods 2012, doi:10.1038/nmeth.2083; Koos et al.,
Scientific Reports 2016, doi:10.1038/srep30420).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.resources import files
from pathlib import Path

import pooch
from requests.exceptions import RequestException

from napari_cytounet.errors import Cancelled, SampleError
from napari_cytounet.events import Event, Progress, drain

COMMIT = "b55a088b65f6e26327c0188e047ff849ccb927b2"
URL = f"https://raw.githubusercontent.com/Nelson-Gon/cytounet/{COMMIT}/examples/BBBC030_v1/"
MIRROR_VARIABLE = "CYTOUNET_DATA"


def fetch_bbbc030() -> Path:
    """Return the folder of BBBC030, downloading it (33 MB) the first time.

    The environment variable `CYTOUNET_DATA` may name a folder that holds `bbbc030` already; that is used in
    place and only read. Otherwise the files go to the cache folder of the operating system, each written
    whole and checked against its SHA-256.

    Returns
    -------
    Path
        A folder with `train` and `validation`, each of them with `images`, `outlines` (1-pixel rings) and
        `new_outlines` (the rings filled: binary masks), 20 PNG files each.

    Raises
    ------
    SampleError
        If the files cannot be downloaded, or the mirror is incomplete.
    """
    return drain(fetching_bbbc030())


def fetching_bbbc030(cancel: threading.Event | None = None) -> Generator[Event, None, Path]:
    """Fetch BBBC030 as `fetch_bbbc030` does; a generator of events.

    Parameters
    ----------
    cancel
        Looked at after each file. What is there by then is not downloaded again.

    Yields
    ------
    Progress
        In files.

    Raises
    ------
    Cancelled
        The flag was set.
    """
    mirror = _mirror()
    if mirror is not None:
        return mirror
    cache = Path(pooch.os_cache("napari-cytounet")) / "bbbc030"
    yield from _downloading(URL, cache, cancel)
    return cache


def registry() -> dict[str, str]:
    """Return the SHA-256 of each file, by its path below the folder of BBBC030."""
    lines = files(__package__).joinpath("bbbc030.sha256").read_text(encoding="ascii").splitlines()
    return dict(line.split() for line in lines)


def _mirror() -> Path | None:
    """Return the folder in the local mirror, None if there is no mirror or it does not hold BBBC030."""
    named = os.environ.get(MIRROR_VARIABLE)
    if not named or not (Path(named) / "bbbc030").is_dir():
        return None
    folder = Path(named) / "bbbc030"
    missing = [name for name in registry() if not (folder / name).is_file()]
    if missing:
        raise SampleError(
            f"The mirror of BBBC030 in {folder}, which {MIRROR_VARIABLE} names, lacks {len(missing)} files, "
            f"such as {missing[0]}. Complete it, or unset {MIRROR_VARIABLE} to download the files."
        )
    return folder


def _downloading(url: str, folder: Path, cancel: threading.Event | None) -> Generator[Event, None, None]:
    hashes = registry()
    source = pooch.create(path=folder, base_url=url, registry=hashes)
    pooch.get_logger().setLevel("WARNING")  # or it prints a line for each of the files
    try:
        for name in hashes:  # before the threads, which would race for it
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pool = ThreadPoolExecutor(max_workers=8)  # most of the time is waiting for the server
        try:
            files = [pool.submit(source.fetch, name) for name in hashes]
            for done, file in enumerate(as_completed(files), start=1):
                file.result()
                yield Progress("files of BBBC030", done, len(files))
                if cancel is not None and cancel.is_set():
                    raise Cancelled(f"Stopped after {done} of {len(files)} files of BBBC030, which are kept.")
        finally:
            pool.shutdown(cancel_futures=True)  # where one file cannot be had, do not wait for all the others
    except RequestException as error:
        raise SampleError(
            f"BBBC030 cannot be downloaded from {url} ({type(error).__name__}). Check the connection to the "
            "network, or copy the data to a folder named bbbc030 and name the folder around it in "
            f"{MIRROR_VARIABLE}. Synthetic cells need no network."
        ) from error
    except ValueError as error:
        raise SampleError(
            f"A file of BBBC030 came damaged from {url}: {error} Try again; if it happens again, something "
            "on the way (a proxy, a login page) may answer in the server's place."
        ) from error
    except OSError as error:
        raise SampleError(
            f"BBBC030 cannot be kept in {folder}: {error.strerror or error}. Make room or get the right to "
            f"write there, or name a folder that holds the data in {MIRROR_VARIABLE}."
        ) from error
