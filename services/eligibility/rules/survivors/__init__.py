"""Survivors' benefits of the employees' scheme, and the funeral grant (遗属待遇)."""
