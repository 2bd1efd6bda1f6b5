"""Named places where a test can kill the process, to prove that no step is relied upon that a crash can undo.

`SOCSEC_FAILPOINT=name` kills at the first passage of the place, `name:3` at the third. Without the variable a place
costs one comparison.
"""

import os
import signal

NAMES = frozenset(
    {
        "batch.after_part",
        "consumer.before_apply",
        "consumer.after_apply",
        "consumer.between_acks",
        "consumer.after_acks",
        "relay.before_publish",
        "relay.inside_batch",
        "relay.before_batch_commit",
        "relay.before_mark",
        "relay.after_mark",
        "feeder.after_step",
        "sweeper.after_step",
        "sweeper.before_step",
        "writer.before_commit",
        "writer.after_commit",
        "paymaster.after_step",
        "feed_consumer.after_piece",
        "seeker.after_arrived",
        "seeker.after_step",
        "retirement.after_ending",
        "retirement.after_granting",
    }
)
"""Every place; the campaign goes through all of them."""


class _Armed:
    def __init__(self, setting: str) -> None:
        self.name, _, passages = setting.partition(":")
        self.remaining = int(passages or 1)
        if self.name not in NAMES:
            raise ValueError(f"SOCSEC_FAILPOINT names no place: {self.name}.")


_armed = _Armed(os.environ["SOCSEC_FAILPOINT"]) if os.environ.get("SOCSEC_FAILPOINT") else None


def failpoint(name: str) -> None:
    """Kill the process, as a power cut would, when a test has asked for it here."""
    if _armed is not None and _armed.name == name:
        _armed.remaining -= 1
        if _armed.remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)
