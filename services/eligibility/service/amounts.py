"""What a benefit is worth in each month from its first on: each by the law of that month."""

import numpy as np

from services.common.months import first_day
from services.eligibility.book.book import Book
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.domain import Amount
from services.eligibility.offer import Offer
from services.eligibility.service.decision import Numbers

_ELIGIBLE = 1


def amounts_due(book: Book, offer: Offer, numbers: Numbers, start_month: int, through_month: int) -> tuple[Amount, ...]:
    """Give the amounts of the months that are due without a gap up to one month, each from where it changes.

    A rise of this year does not reach back into the last one. `through_month` itself is known to be due.
    """
    months = range(min(max(start_month, book.chapters[offer.benefit].benefit.since), through_month), through_month + 1)
    columns = {name: np.full(len(months), value, dtype=np.int64) for name, value in numbers.items()}
    columns[AS_OF_MONTH] = np.array(months, dtype=np.int64)
    batch = book.evaluate_batch(offer.benefit, columns, first_day(months[0]))
    due_fen = np.where(batch.outcome == _ELIGIBLE, np.maximum(batch.results[offer.amount], 0), 0).tolist()
    amounts: list[Amount] = []
    for month, fen in zip(months, due_fen, strict=True):
        if not fen:
            amounts = []
        elif not amounts or amounts[-1].monthly_fen != fen:
            amounts.append(Amount(month, fen))
    return tuple(amounts)
