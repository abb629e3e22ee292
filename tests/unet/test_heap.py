"""Arrays that come and go get the memory of those before them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Arrays of more than 32 MB, which the C library else always gets anew and zeroed.
COUNTED = """
import resource
from napari_cytounet.unet.heap import freed_memory_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        bytearray(b"1") * 50_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = faults()
with freed_memory_kept():
    faults()
    inside = faults()
print(outside, inside, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to")
def test_memory_is_kept_inside_and_given_back_outside() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    before, inside, after = map(int, done.stdout.split())
    assert inside < before / 10
    assert after > before / 2
