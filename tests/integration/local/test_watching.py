"""Dashboards and alarms ask for metrics that exist, and every alarm leads to a page that says what to do."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
_UNITS = {"s": "_seconds"}
_SUFFIXES = {
    "create_counter": ("_total",),
    "create_gauge": ("",),
    "create_histogram": ("_bucket", "_count", "_sum"),
}


def exported() -> set[str]:
    """Give what the collector's Prometheus exporter calls the instruments that stand in the code."""
    return set(_exported())


def _exported() -> Iterator[str]:
    for file in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SUFFIXES:
                texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                unit = _UNITS[str(texts[1])] if len(texts) > 1 else ""
                for suffix in _SUFFIXES[node.func.attr]:
                    yield str(texts[0]).replace(".", "_") + unit + suffix


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:socsec|rpc_server)_[a-z_]+", expression))


def alarms() -> list[dict[str, object]]:
    groups = yaml.safe_load((ROOT / "deploy/alerts/socsec.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, list[dict[str, str]]]]:
    found: list[dict[str, list[dict[str, str]]]] = json.loads((ROOT / "deploy/dashboards/socsec.json").read_text())[
        "panels"
    ]
    return found


def test_every_metric_of_an_alarm_or_a_panel_is_measured() -> None:
    expressions = [str(alarm["expr"]) for alarm in alarms()]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]
    assert all(asked_for(expression) for expression in expressions)
    assert {name for expression in expressions for name in asked_for(expression)} <= exported()


def test_every_metric_that_is_measured_is_looked_at() -> None:
    looked_at = {name for panel in panels() for target in panel["targets"] for name in asked_for(target["expr"])}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in exported()}
    assert families == {re.sub(r"_(bucket|count|sum)$", "", name) for name in looked_at}


def test_every_alarm_leads_to_what_to_do() -> None:
    places = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", OPERATIONS, re.MULTILINE)
    }
    for alarm in alarms():
        annotations = alarm["annotations"]
        assert isinstance(annotations, dict)
        page, _, place = str(annotations["runbook"]).partition("#")
        assert (page, place in places) == ("docs/operations.md", True), alarm["alert"]


def test_every_metric_is_named_in_the_operations_page() -> None:
    names = {
        str(node.args[0].value)
        for file in (ROOT / "services").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _SUFFIXES
        and isinstance(node.args[0], ast.Constant)
    }
    assert {name for name in names if f"`{name}`" not in OPERATIONS} == set()
