"""How a holder is reached: data that stand neither on the card nor in its chip (非关键信息)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Contact:
    """Phone and postal address, in clear; the API's answers mask them."""

    phone: str = field(repr=False)
    address: str = field(repr=False)
