"""What a resident's pension amounts to (城乡居民基本养老保险)."""
