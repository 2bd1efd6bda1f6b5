"""One gRPC call's life, on the server and on the client."""
