"""Runs a command that ends when its parent does: `python child.py PARENT_PID COMMAND…`.

A killed supervisor cannot stop its services. On Linux the kernel does it: it sends SIGTERM to whoever asked for it when
the parent ends. The wish survives the `exec` below. Elsewhere the next `up` ends what was left.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel, then become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it ended before we asked
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  the command is the supervisor's own


if __name__ == "__main__":
    main()
