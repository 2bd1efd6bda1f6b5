"""Who may draw which benefit, certified without bothering anybody."""
