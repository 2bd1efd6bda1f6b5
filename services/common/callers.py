"""Names of callers, `role/individual`, as their certificates say them."""


def are_one_individual(caller: str, other: str) -> bool:
    """Tell whether two callers are one pair of eyes: somebody may hold certificates of two roles."""
    return _individual(caller) == _individual(other)


def _individual(caller: str) -> str:
    return caller.partition("/")[2]
