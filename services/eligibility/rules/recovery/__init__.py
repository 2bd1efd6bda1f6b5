"""How too much drawn comes back (责令退回、追回、抵扣)."""
