"""Work injury: grades of disability, care, death and dependants (工伤保险)."""
