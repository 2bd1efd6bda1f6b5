"""What came along with a job, on the side of the engine that runs it."""

import pkgutil
from datetime import date
from functools import cache

import pyarrow as pa

from services.eligibility.book.book import Book
from services.eligibility.book.content import Content
from services.eligibility.engines.shipping import BOOK


@cache
def shipped_book(book_hash: str, known: date | None) -> Book:
    """Load the book that came along, once a process; raises RuntimeError when it is another one."""
    packed = pkgutil.get_data("services.eligibility.engines", BOOK)
    if packed is None:
        raise RuntimeError("The job's archive holds no book.")
    book = Book.of(Content.unpack(packed), known)
    if book.hash != book_hash:
        raise RuntimeError("The book that came along is not the one that the job was written for.")
    return book


def written_out(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Give a batch with its words written out, as an engine expects them."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
