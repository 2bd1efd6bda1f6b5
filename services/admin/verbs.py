"""How a command is declared: an async function of a session, which gets the options that every command has.

`reading` declares a command that changes nothing, `changing` one that is a dry run unless --execute is given.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec

import grpc
import typer

from services.admin.outcome import ExitCode, Failed, failure_of
from services.admin.output import Format, Printer, tell
from services.admin.profile import VARIABLE, find_profile
from services.admin.session import Session
from services.common.ids import new_id

P = ParamSpec("P")

_OUTSIDE = 2**63

_COMMON = "Whom to call, and how to print"

_ProfileFile = Annotated[
    Path | None,
    typer.Option("--profile", help=f"Profile to call with; else the variable {VARIABLE}.", rich_help_panel=_COMMON),
]
_Directory = Annotated[
    Path | None,
    typer.Option("--dir", help="Folder of an embedded stack, instead of a profile.", rich_help_panel=_COMMON),
]
_Role = Annotated[
    str,
    typer.Option(
        "--role", help="With --dir: operator (default), reviewer, auditor or system.", rich_help_panel=_COMMON
    ),
]
_Output = Annotated[Format, typer.Option("--output", "-o", help="jsonl: one record a line.", rich_help_panel=_COMMON)]
_Execute = Annotated[bool, typer.Option("--execute", help="Do it; without it everything is only checked.")]
_RequestId = Annotated[
    str, typer.Option("--request-id", help="Name of the request, to repeat one whose answer was lost (AIP-155).")
]


@dataclass(frozen=True, slots=True)
class Change:
    """Whether a change is meant, and the name under which it may be repeated without harm."""

    execute: bool
    request_id: str

    @property
    def validate_only(self) -> bool:
        """Tell whether the service shall only check."""
        return not self.execute


def reading(
    app: typer.Typer, name: str | None = None
) -> Callable[[Callable[Concatenate[Session, P], Awaitable[None]]], None]:
    """Declare a command that changes nothing."""

    def declare(work: Callable[Concatenate[Session, P], Awaitable[None]]) -> None:
        def call(*args: P.args, **kwargs: P.kwargs) -> None:
            options = _common(kwargs)
            _end(_run(options, kwargs, lambda session: work(session, *args, **kwargs)))

        _declare(app, name, work, call, own=1, extra=())

    return declare


def changing(
    app: typer.Typer, name: str | None = None, *, once: bool = True
) -> Callable[[Callable[Concatenate[Session, Change, P], Awaitable[None]]], None]:
    """Declare a command that is a dry run unless --execute is given.

    `once`: the service knows repetitions by a request id. Without it repetition is harmless by itself.
    """

    def declare(work: Callable[Concatenate[Session, Change, P], Awaitable[None]]) -> None:
        def call(*args: P.args, **kwargs: P.kwargs) -> None:
            options = _common(kwargs)
            change = Change(bool(kwargs.pop("execute")), str(kwargs.pop("request_id", "")) or new_id())
            code = _run(options, kwargs, lambda session: work(session, change, *args, **kwargs))
            if once and change.execute and code is ExitCode.UNAVAILABLE:
                tell(f"Whether it was done is not known; --request-id {change.request_id} repeats it without harm.")
            if not change.execute and code in (ExitCode.DONE, ExitCode.REJECTED):
                tell("dry run: nothing was changed; --execute does it")
            _end(code)

        own_options = (("execute", _Execute, False), ("request_id", _RequestId, ""))
        _declare(app, name, work, call, own=2, extra=own_options if once else own_options[:1])

    return declare


def _declare(
    app: typer.Typer,
    name: str | None,
    work: Callable[..., Awaitable[None]],
    call: Callable[..., None],
    own: int,
    extra: tuple[tuple[str, object, object], ...],
) -> None:
    """Register a function whose signature is that of the work, without its first `own` parameters, and the options."""
    options = (
        *extra,
        ("profile_file", _ProfileFile, None),
        ("directory", _Directory, None),
        ("role", _Role, ""),
        ("output", _Output, Format.TABLE),
    )
    parameters = list(inspect.signature(work, eval_str=True).parameters.values())[own:]
    parameters += [
        inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for option, annotation, default in options
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__doc__ = work.__doc__
    call.__name__ = work.__name__
    app.command(name)(call)


@dataclass(frozen=True, slots=True)
class _Common:
    """The options that every command has."""

    profile_file: Path | None
    directory: Path | None
    role: str
    output: Format


def _common(options: dict[str, object]) -> _Common:
    """Take the common options out of a call's."""
    return _Common(**{field.name: options.pop(field.name) for field in fields(_Common)})  # type: ignore[arg-type]  # typer has converted them


def _run(options: _Common, given: Mapping[str, object], work: Callable[[Session], Awaitable[None]]) -> ExitCode:
    """Do the work in a session; what goes wrong becomes one line and an exit code."""
    try:
        _check(given)
        profile = find_profile(options.profile_file, options.directory, options.role)
        asyncio.run(_within(Session(profile, Printer(options.output)), work))
    except Failed as failed:
        tell(str(failed))
        return failed.code
    except grpc.aio.AioRpcError as error:
        meant = failure_of(error)
        tell(str(meant))
        return meant.code
    except KeyboardInterrupt:
        tell("interrupted")
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def _check(given: Mapping[str, object]) -> None:
    """Refuse what no message can hold: a number beyond 64 bits, and a text that is not UTF-8. Raises Failed."""
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, int) and not -_OUTSIDE < value < _OUTSIDE:
            raise Failed(ExitCode.USAGE, f"{option} is larger than any number here.")
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not text.isascii() and _is_broken(text) for text in texts):
            raise Failed(ExitCode.USAGE, f"{option} is not UTF-8.")


def _is_broken(text: str) -> bool:
    """Tell whether a text holds bytes of the command line that were no UTF-8."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


async def _within(session: Session, work: Callable[[Session], Awaitable[None]]) -> None:
    async with session:
        await work(session)


def _end(code: ExitCode) -> None:
    if code is not ExitCode.DONE:
        raise typer.Exit(int(code))
