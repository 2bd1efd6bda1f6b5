"""When people move between the employees' and the residents' scheme, or draw from two (制度衔接、重复领取)."""
