"""Why a rule book cannot be used."""


class BookRefused(Exception):
    """The rule book contradicts itself or leaves something out; the text begins with file and line, if there is one."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message
