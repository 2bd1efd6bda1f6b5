"""Which months of a benefit are paid, held, lost or owed back."""
