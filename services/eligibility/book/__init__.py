"""The rule engine; it knows no law. Its door is `book.book.Book`; a rule needs `book.rule` and `book.ops` only."""
