"""The gRPC methods of card: check, convert, call, convert, return."""
