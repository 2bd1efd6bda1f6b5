"""`ssctl rules`: what the rules are, how they are written, and how they decided.

A folder is checked by a program of its own, `python -m services.eligibility.checking`: this tool stays a client.
"""

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName
from services.admin.eligibility import AsOfDate, KnownDate, SomeFacts, conclusion, question, value_of
from services.admin.listing import Limit, pages
from services.admin.output import Format, Record, enum_word
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.eligibility.v1 import (
    decision_service_pb2,
    decision_service_pb2_grpc,
    explanation_pb2,
    rule_pb2,
    rule_service_pb2,
    rule_service_pb2_grpc,
)

app = typer.Typer(help="The rules of law: listed, shown, explained, checked.", no_args_is_help=True)

_Hash = Annotated[str, typer.Option("--book-hash", help="Of the book to read, as a decision names it; else today's.")]


@reading(app, "list")
async def list_rules(
    session: Session,
    benefit: Annotated[str, typer.Option(help="Only rules that this benefit needs.")] = "",
    book_hash: _Hash = "",
    limit: Limit = 0,
) -> None:
    """List rules with article, dates in force, and the parameters that they rest on."""
    request = rule_service_pb2.ListRulesRequest(benefit=benefit, book_hash=book_hash)
    found = pages(_rules(session).ListRules, request, lambda reply: reply.rules, limit)
    if session.printer.form is not Format.TABLE:
        await session.printer.many(found, ())
        return
    rules = [rule async for rule in found]
    session.printer.records([_version(rule, version) for rule in rules for version in rule.versions])


@reading(app)
async def facts(
    session: Session,
    benefit: Annotated[str, typer.Option(help="Only facts that this benefit asks for.")] = "",
    book_hash: _Hash = "",
) -> None:
    """List the facts that the rules may ask of people: who holds each, and the names of its codes."""
    request = rule_service_pb2.ListFactsRequest(benefit=benefit, book_hash=book_hash)
    found = pages(_rules(session).ListFacts, request, lambda reply: reply.facts, 0)
    if session.printer.form is not Format.TABLE:
        await session.printer.many(found, ())
        return
    session.printer.records([_fact(fact) async for fact in found])


@reading(app)
async def show(
    session: Session,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="For example statutory_age_months.", show_default=False)],
    book_hash: _Hash = "",
) -> None:
    """Show a rule: its text as it decides, its parameters with their dates and sources, and the cases that test it."""
    request = rule_service_pb2.GetRuleRequest(name=f"rules/{rule.removeprefix('rules/')}", book_hash=book_hash)
    found = await _rules(session).GetRule(request)
    printer = session.printer
    if printer.form is not Format.TABLE:
        printer.one(found)
        return
    printer.record({"rule": found.name, "meaning": found.title, "benefits": ", ".join(found.benefits)})
    for version in found.versions:
        printer.gap()
        printer.record({**_version(found, version), "formula": version.formula, "text": version.text})
    for parameter in found.parameters:
        printer.gap()
        printer.records([_entry(parameter, entry) for entry in parameter.entries])
    for table in found.cases:
        printer.gap()
        rows = csv.reader(table.rows)
        printer.records([{"cases": table.file, **dict(zip(table.columns, row, strict=True))} for row in rows])


@reading(app)
async def explain(
    session: Session,
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="decisions/{decision}, or a benefit to decide now.", show_default=False),
    ],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    as_of_date: AsOfDate = "",
    known_date: KnownDate = "",
    fact: SomeFacts = None,
) -> None:
    """Explain a recorded decision and make it again by the book of its day; or explain what would be decided now.

    Every step has its article, since when it holds, when it was published, and whether it was compared with the law.
    """
    request = decision_service_pb2.ExplainDecisionRequest(name=what)
    if not what.startswith("decisions/"):
        asked = await question(session, what, person, identity_number_file, as_of_date, known_date, fact)
        request = decision_service_pb2.ExplainDecisionRequest(evaluation=asked)
    told = await decision_service_pb2_grpc.DecisionServiceStub(session.channel("eligibility")).ExplainDecision(request)
    printer = session.printer
    if printer.form is not Format.TABLE:
        printer.one(told)
        return
    printer.record({**conclusion(told.decision), "made again": _made_again(told)})
    printer.gap()
    printer.records([_step(step) for step in told.steps])
    if told.differences:
        printer.gap()
        printer.records([{"differs": one.name, "before": one.before, "after": one.after} for one in told.differences])


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of rules, parameters, facts and benefits.")],
) -> None:
    """Check a folder of law, calling nobody: what is wrong is told with file and line, and the exit code is 1."""
    command = [sys.executable, "-m", "services.eligibility.checking", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  our own program
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    raise typer.Exit(done.returncode)


def _version(rule: rule_pb2.Rule, version: rule_pb2.RuleVersion) -> Record:
    return {
        "rule": rule.name.removeprefix("rules/"),
        "benefits": ", ".join(rule.benefits),
        "article": f"{version.article} (not confirmed yet)" if version.unverified else version.article,
        "in force": _months(version.since_month, version.until_month),
        "published": version.published_date,
        "parameters": ", ".join(_parameters(rule, version)),
        "cases": sum(table.count for table in rule.cases),
    }


def _fact(fact: rule_pb2.Fact) -> Record:
    return {
        "fact": fact.fact,
        "meaning": fact.title,
        "unit": fact.unit,
        "codes": ", ".join(sorted(fact.codes, key=lambda name: fact.codes[name])),
        "source": fact.source,
        "benefits": ", ".join(fact.benefits),
    }


def _parameters(rule: rule_pb2.Rule, version: rule_pb2.RuleVersion) -> Iterator[str]:
    for parameter in rule.parameters:
        if parameter.parameter in version.inputs:
            yield f"{parameter.parameter} (unverified)" if parameter.unverified else parameter.parameter


def _entry(parameter: rule_pb2.Parameter, entry: rule_pb2.ParameterEntry) -> Record:
    values = [value_of(parameter.unit, value) for value in entry.values]
    rows = [f"{number}: {value}" for number, value in enumerate(values, entry.first_row)] if parameter.rows else values
    return {
        "parameter": parameter.parameter,
        "unit": parameter.unit,
        "in force": _months(entry.since_month, entry.until_month),
        "value": ", ".join(rows),
        "source": entry.source,
        "published": entry.published_date,
        "compared": "not yet" if entry.unverified else parameter.checked_date,
    }


def _step(step: explanation_pb2.ExplainedStep) -> Record:
    return {
        "step": step.title or step.name,
        "value": value_of(step.unit, step.value),
        "kind": enum_word(explanation_pb2.StepKind.DESCRIPTOR, step.kind),
        "source": step.source,
        "in force": _months(step.since_month, step.until_month) if step.kind != explanation_pb2.STEP_KIND_FACT else "",
        "published": step.published_date,
        "compared": "not yet" if step.unverified else step.checked_date,
        "fact of": step.fact_date,
    }


def _made_again(told: explanation_pb2.Explanation) -> str:
    if told.obstacle:
        return f"no: {told.obstacle}"
    return "yes, byte for byte" if told.reproduced else "no: see what differs"


def _months(since: str, until: str) -> str:
    return f"{since}..{until}" if since or until else "always"


def _rules(session: Session) -> "rule_service_pb2_grpc.RuleServiceAsyncStub":
    return rule_service_pb2_grpc.RuleServiceStub(session.channel("eligibility"))
