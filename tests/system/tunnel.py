"""A gate in a tunnel: checks codes by the verifier library with two files, and may not so much as make a socket.

`tunnel.py KEYS LIST` answers each line "MOMENT CODE" of its input with the verdict.
"""

import socket
import sys
from datetime import datetime
from pathlib import Path

from services.common.ecard_token import held_list
from services.common.ecard_token.keys import KeySet
from services.common.ecard_token.verifier import Verifier


class NoNetwork(Exception):
    """Something asked for the network."""


def _refuse(event: str, _: object) -> None:
    if event.startswith("socket."):
        raise NoNetwork(event)


def main() -> None:
    """Go into the tunnel, make sure of it, and check."""
    keys, status_list = map(Path, sys.argv[1:])
    accepted = KeySet.from_cose(keys.read_bytes())
    held = held_list.open_parts(held_list.parts_of(status_list.read_bytes()), accepted)
    sys.addaudithook(_refuse)
    try:
        socket.create_connection(("127.0.0.1", 9))
    except NoNetwork:
        sys.stdout.write("no network\n")
    for line in sys.stdin:
        moment, _, code = line.rstrip("\n").partition(" ")
        verdict = Verifier(accepted, [held]).verify(code, datetime.fromisoformat(moment))
        sys.stdout.write(f"{verdict.refusal or 'VALID'}\n")


if __name__ == "__main__":
    main()
