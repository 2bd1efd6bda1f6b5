"""Bureau services and their tools."""
