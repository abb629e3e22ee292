"""Having a process of ours wait where a window wants the processor, for as long as it does.

Linux shares the processor between sessions of processes first (autogroups, man 7 sched), and each process of
ours is one: its own niceness changes nothing. That of a session may be taken back by anybody, which holds for
no process. Elsewhere nothing is done.
"""

from __future__ import annotations

import os
from pathlib import Path

NICENESS = 19
"""Of a session that gives way, from -20 to 19: it takes what others leave."""


def give_way(pid: int, *, gives_way: bool) -> bool:
    """Have a process take what others leave of the processor, or its own share again.

    Parameters
    ----------
    pid
        Of the process. It is let alone if it shares its session with others.
    gives_way
        Which of both.

    Returns
    -------
    bool
        Whether that is settled; False where the system was asked too often and must be asked once more.
    """
    place = Path(f"/proc/{pid}/autogroup")
    try:
        if not place.exists() or os.getsid(pid) != pid:
            return True
        place.write_text(str(NICENESS if gives_way else 0), encoding="ascii")
    except BlockingIOError:  # not more than ten times a second
        return False
    except OSError:  # it has ended, or the system does not let us: it keeps the share that it has
        return True
    return True
