"""Personal data as they may be shown: enough to recognise what one knows already, too little to learn it."""

_COMPOUND_SURNAMES = (
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 夏侯 "
    "端木 轩辕 呼延 南宫 闻人 澹台 淳于 太史 申屠 钟离"
)


def mask_identity_number(number: str) -> str:
    """Hide all but the first three and the last two characters; of a short travel permit's, show fewer."""
    return _masked(number, 3 if len(number) >= 15 else 1, 2)


def mask_account(number: str) -> str:
    """Hide all but the last four digits."""
    return _masked(number, 0, 4)


def mask_name(name: str) -> str:
    """Hide all but the surname, and a name of one character whole.

    The surname is what stands before a space, else the first character, or two when they are a known compound surname
    and a given name follows.
    """
    surname, space, _ = name.partition(" ")
    if space:
        return _masked(name, len(surname), 0)
    return _masked(name, 2 if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else 1, 0)


def mask_phone(number: str) -> str:
    """Hide all but the first three and the last two digits."""
    return _masked(number, 3, 2)


def mask_address(address: str) -> str:
    """Hide all but the city or district that it begins with."""
    return _masked(address, 3, 0)


def _masked(text: str, first: int, last: int) -> str:
    """Keep some characters at both ends; a text that would be shown whole is hidden whole."""
    hidden = len(text) - first - last
    if hidden <= 0:
        return "*" * len(text)
    return text[:first] + "*" * hidden + text[len(text) - last :]
