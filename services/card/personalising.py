"""What personalising gives a card (制卡): its numbers, its account, and how long it is valid."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.card.status import CardParameters
from services.common.months import add_months


@dataclass(frozen=True, slots=True)
class Making:
    """What personalising gives a card."""

    card_no: str
    identification_code: str
    masked_account: str
    issue_date: date


def personalised(making: Making, parameters: CardParameters) -> dict[str, object]:
    """Give the fields of a card that personalising sets, by name."""
    expires, renewal_notice = _validity(making.issue_date, parameters)
    return {
        "card_no": making.card_no,
        "identification_code": making.identification_code,
        "masked_account": making.masked_account,
        "issue_date": making.issue_date,
        "expire_date": expires,
        "renewal_notice_date": renewal_notice,
        "is_making_overdue": False,
    }


@lru_cache(maxsize=1024)  # thousands are made on a day
def _validity(issue_date: date, parameters: CardParameters) -> tuple[date | None, date | None]:
    """Give the last day of validity, and the first on which renewal may be asked for."""
    years = parameters.validity_years
    expires = add_months(issue_date, 12 * years) if years is not None else None
    return expires, renewal_opens(expires, parameters)


def renewal_opens(expires: date | None, parameters: CardParameters) -> date | None:
    """Give the first day on which a card's renewal may be asked for; None when it does not expire."""
    return expires - timedelta(days=parameters.renewal_window_days) if expires is not None else None
