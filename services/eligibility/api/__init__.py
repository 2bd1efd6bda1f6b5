"""The contract's methods: check, convert, call, convert, return."""
