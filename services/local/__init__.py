"""The embedded stack: broker, databases, certificates and services on one machine."""
