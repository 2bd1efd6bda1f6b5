"""The risk rules: pure functions of one history."""
