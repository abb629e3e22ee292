"""Whether the process that started this one is still there."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import ctypes

    SYNCHRONIZE = 0x00100000
    WAIT_TIMEOUT = 0x102

    def is_gone(parent: int) -> bool:
        """Tell whether a process has ended: on Windows a child keeps the number of a parent that is gone."""
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(SYNCHRONIZE, False, parent)
        if not handle:
            return True
        ended: bool = kernel.WaitForSingleObject(handle, 0) != WAIT_TIMEOUT
        kernel.CloseHandle(handle)
        return ended
else:

    def is_gone(parent: int) -> bool:
        """Tell whether the parent has ended: its children then get another one."""
        return os.getppid() != parent
