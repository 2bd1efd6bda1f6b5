"""When a worker may retire (法定退休)."""
