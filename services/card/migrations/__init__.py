"""The service's schema, step by step; a step that was released never changes."""
