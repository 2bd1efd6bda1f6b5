"""The law, one folder a benefit, beside its dated parameters."""
