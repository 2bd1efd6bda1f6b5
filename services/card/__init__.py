"""Third-generation social security cards and the identity vault."""
