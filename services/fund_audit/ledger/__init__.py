"""The tamper-evident log of case changes: a Merkle tree (RFC 9162) and its signed checkpoints; pure."""
