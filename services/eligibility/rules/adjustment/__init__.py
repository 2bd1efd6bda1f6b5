"""The yearly adjustment of pensions (基本养老金年度调整)."""
