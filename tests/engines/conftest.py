"""Engines are large and installed by `make engines` only; without them there is nothing here to collect."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("chdb") else ["test_benefits.py", "test_clickhouse.py"]
