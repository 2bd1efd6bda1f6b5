"""Duplicate and improper draws: found, ledgered, shown to auditors."""
