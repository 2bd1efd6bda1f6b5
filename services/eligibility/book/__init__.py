"""The rule engine; it knows no law."""
