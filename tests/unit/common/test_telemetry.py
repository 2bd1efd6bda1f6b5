"""Logs: JSON lines without personal data."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from services.common.config import TelemetryConfig
from services.common.telemetry import JsonFormatter, Telemetry, current_traceparent, redact


@pytest.mark.parametrize(
    "personal",
    ["370299199001010012", "37029919900101001X", "37029919900101001x", "370299900101001", "CHN123456789012",
     "6222021234567890123", "13812345678"],
)  # fmt: skip
def test_numbers_of_people_accounts_and_telephones_are_struck_out(personal: str) -> None:
    assert redact(f"before '{personal}', after") == "before '[redacted]', after"


@pytest.mark.parametrize(
    "harmless", ["cards/01m89nntrxwvedmqhs8ywe92dj", "370202", "2026-11-25T15:00:00.123+00:00", "amount 312345 fen"]
)
def test_what_names_nobody_stays(harmless: str) -> None:
    assert redact(harmless) == harmless


@given(st.integers(0, 10**17 - 1), st.sampled_from("0123456789X"))
def test_no_identity_number_survives_in_any_sentence(body: int, check: str) -> None:
    number = f"{body:017d}{check}"
    assert number not in redact(f"({number})")


def line_of(record: logging.LogRecord) -> dict[str, object]:
    line: dict[str, object] = json.loads(JsonFormatter().format(record))
    return line


def test_a_line_is_one_json_object_with_the_fields_that_were_given() -> None:
    record = logging.makeLogRecord({"name": "access", "levelname": "INFO", "msg": "call", "code": "OK", "count": 3})
    line = line_of(record)
    assert {"event": "call", "level": "INFO", "logger": "access", "code": "OK", "count": 3}.items() <= line.items()
    assert str(line["time"]).endswith("+00:00")


def test_fields_messages_and_stack_traces_are_redacted() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("370299199001010012 is wrong")
    record = logging.makeLogRecord(
        {
            "msg": "at %s",
            "args": ("13812345678",),
            "text": "6222021234567890123",
            "listed": ["37029919900101001X"],
            "mapped": {"370299900101001": ("37029919900101002X", 5)},
            "object": {"370299199001010012"},
            "exc_info": (caught.type, caught.value, caught.tb),
        }
    )
    line = line_of(record)
    assert line["event"] == "at [redacted]"
    assert (line["text"], line["listed"]) == ("[redacted]", ["[redacted]"])
    assert line["mapped"] == {"[redacted]": ["[redacted]", 5]}
    assert "'[redacted] is wrong'" in str(line["exception"])
    assert line["object"] == "{'[redacted]'}"


def test_a_process_logs_lines_with_the_trace_and_stops_cleanly(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        telemetry = Telemetry("tested", TelemetryConfig(log_level="INFO"))
        with TracerProvider().get_tracer("test").start_as_current_span("work") as span:
            logging.getLogger("tested").info("event.happened", extra={"name_of_card": "cards/1"})
            trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            assert current_traceparent().split("-")[1] == trace_id
        logging.getLogger("tested").debug("not shown")
        telemetry.close()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert [(line["event"], line["trace_id"]) for line in lines if line["logger"] == "tested"] == [
        ("event.happened", trace_id)
    ]


def test_a_process_without_a_standard_error_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", None)  # as Python has it when the descriptor is closed
    try:
        telemetry = Telemetry("tested", TelemetryConfig(log_level="INFO"))
        logging.getLogger("tested").info("event.happened")
        telemetry.close()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def test_outside_of_a_span_there_is_no_traceparent() -> None:
    assert current_traceparent() == ""
