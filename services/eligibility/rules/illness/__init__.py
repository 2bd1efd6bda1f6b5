"""The allowance for illness and injuries not by work that end all capacity to work, since 2025 (病残津贴)."""
