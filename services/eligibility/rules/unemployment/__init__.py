"""The unemployment benefit (失业保险金)."""
