"""The tamper-evident log of case changes: what is stored, proved and rechecked of `common.merkle`; pure."""
