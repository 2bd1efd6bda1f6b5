"""How a command ends: its exit code, and one clear line when it could not do what was asked."""

from enum import IntEnum

import grpc

from services.common.rpc.status import Refusal, from_call


class ExitCode(IntEnum):
    """What a script can act on; the help's epilog and docs/ssctl.md list the same."""

    DONE = 0
    REFUSED = 1
    """A service refused it: the line names the reason."""
    USAGE = 2
    """The command line, the profile or the file cannot be used."""
    NOTHING = 3
    """There is no such thing, or no such stack runs."""
    REJECTED = 4
    """Some records were rejected; the others are done."""
    UNAVAILABLE = 5
    """A service does not answer."""
    INTERRUPTED = 130
    """Ctrl-C."""


EXIT_CODES = (
    "Exit codes: 0 done · 1 refused by a service · 2 wrong usage, profile or file · 3 nothing found, or not running · "
    "4 some records rejected · 5 service unavailable · 130 interrupted."
)


class Failed(Exception):
    """The command ends here; the text is the line for the person at the terminal."""

    def __init__(self, code: ExitCode, text: str) -> None:
        super().__init__(text)
        self.code = code


_CODES = {
    "NOT_FOUND": ExitCode.NOTHING,
    "UNAVAILABLE": ExitCode.UNAVAILABLE,
    "DEADLINE_EXCEEDED": ExitCode.UNAVAILABLE,
}


def failure_of(error: grpc.aio.AioRpcError) -> Failed:
    """Say what a failed call means."""
    refusal = from_call(error)
    code = _CODES.get(refusal.code, ExitCode.REFUSED)
    if not refusal.reason:  # not one of our services has answered
        if code is ExitCode.UNAVAILABLE:
            return Failed(code, f"The service does not answer ({_short(refusal.message)}); is it running?")
        return Failed(code, f"{refusal.code}: {_short(refusal.message)}")
    return Failed(code, f"{refusal.reason}: {refusal.message}{_metadata(refusal)}")


def _metadata(refusal: Refusal) -> str:
    if not refusal.metadata:
        return ""
    return " [" + "; ".join(f"{name}: {value}" for name, value in sorted(refusal.metadata.items())) + "]"


def _short(text: str) -> str:
    """Take a library's own words on one line; only the last cause of a chain helps."""
    return " ".join(text.rpartition("last error: ")[2].split())[:200]
