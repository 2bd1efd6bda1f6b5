"""Logs as JSON lines, traces and metrics by OpenTelemetry.

A log line has an event name and fields, never a sentence with data in it. Whatever looks like an identity number or an
account is struck out on its way to the line, also inside a stack trace.
"""

import contextlib
import json
import logging
import logging.handlers
import os
import queue
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from opentelemetry import metrics, propagate, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from services.common.config import TelemetryConfig

_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{3}\d{12}|\d{14,20}[0-9Xx]|\d{10,14})(?![0-9A-Za-z])")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PAUSE_SECONDS = 0.02
"""How long log lines gather."""


def redact(text: str) -> str:
    """Strike out whatever looks like an identity number, a bank account or a telephone number."""
    return _PERSONAL.sub("[redacted]", text)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): _cleaned(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(part) for part in value]
    return value


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, event, fields, trace id."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": redact(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                line[name] = _cleaned(value)
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=lambda value: redact(str(value)))


class _SpanFields(logging.Filter):
    """Notes the trace before the record leaves its thread."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            record.trace_id = trace.format_trace_id(context.trace_id)
        return True


class _Queue(logging.handlers.QueueHandler):
    """Hands records on unformatted: formatting is the listener's work, off the event loop."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines, and leaves it to its listener when they go out."""

    def flush(self) -> None:
        """Do nothing after a single line."""

    def send(self) -> None:
        """Let all lines go out."""
        with contextlib.suppress(OSError, ValueError):  # nobody reads them any more
            self.stream.flush()


class _Listener(logging.handlers.QueueListener):
    """Writes records in bunches: to wake this thread for each of them costs a call three times what its line does."""

    def __init__(self, records: "queue.SimpleQueue[logging.LogRecord]", lines: _Lines) -> None:
        super().__init__(records, lines)
        self._records, self._lines = records, lines

    def dequeue(self, block: bool) -> logging.LogRecord:
        """Give the next record; when all are written, let some more gather first."""
        if self._records.empty():
            self._lines.send()
            time.sleep(_PAUSE_SECONDS)
        record: logging.LogRecord = super().dequeue(block)
        return record

    def stop(self) -> None:
        """Write what still waits, and end."""
        super().stop()
        self._lines.send()


class Telemetry:
    """Everything a process tells; `close` sends what is still held."""

    def __init__(self, service: str, config: TelemetryConfig) -> None:
        self._listener = _start_logging(config.log_level)
        resource = Resource.create({"service.name": f"socsec-{service}"})
        sampler = ParentBased(TraceIdRatioBased(config.sampled_share))
        self._traces = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
        readers = []
        if config.otlp_endpoint:
            insecure = config.otlp_endpoint.startswith("http://")
            # A server that exports nothing need not carry the exporters: 4 MiB.
            from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            exporter = OTLPSpanExporter(endpoint=config.otlp_endpoint, insecure=insecure)
            self._traces.add_span_processor(BatchSpanProcessor(exporter))
            metric_exporter = OTLPMetricExporter(endpoint=config.otlp_endpoint, insecure=insecure)
            readers.append(PeriodicExportingMetricReader(metric_exporter))
        self._metrics = MeterProvider(metric_readers=readers, resource=resource, shutdown_on_exit=False)
        trace.set_tracer_provider(self._traces)
        metrics.set_meter_provider(self._metrics)

    def close(self) -> None:
        """Send what is still held and stop."""
        self._traces.shutdown()
        self._metrics.shutdown()
        self._listener.stop()


def _start_logging(level: str) -> logging.handlers.QueueListener:
    # A file of its own, as that of sys.stderr goes out with each line.
    descriptor = sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY)  # some start it without one
    target = _Lines(open(descriptor, "w", encoding="utf-8", closefd=False))  # noqa: SIM115  open to the end
    target.setFormatter(JsonFormatter())
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = _Queue(records)
    handler.addFilter(_SpanFields())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    listener = _Listener(records, target)
    listener.start()
    return listener


def current_traceparent() -> str:
    """Give the W3C `traceparent` of the running span, or an empty text outside of one."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")
