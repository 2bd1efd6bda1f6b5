"""What every service needs and no business word is in."""
