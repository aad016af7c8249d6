"""Logs without personal data: one JSON object a line, with the id of the request."""

import logging
import re
import traceback
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Only these extras are written. Django's own `request` would bring the query string along.
EXTRAS = frozenset(
    {"status_code", "duration_ms", "method", "event", "task", "job", "run", "rows", "directive"}
)
_SECRETS = (
    (re.compile(r"DETAIL:.*", re.S), "DETAIL: [hidden]"),
    (re.compile(r"Key \([^)]*\)=\(.*?\)"), "Key [hidden]"),
    (re.compile(r"\?[^\s\"'<>]*[=&][^\s\"'<>]*"), "?[query]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # Sixteen digits and an "s" are the fraction of a duration; a VIN does not end like that.
    (re.compile(r"\b(?!\d{16}s)(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}\b", re.I), "[vin]"),
    (re.compile(r"(?:\+|%2B)\d{8,15}\b"), "[phone]"),
    (re.compile(r"(?<![\w-])(?:1[-. ]?)?\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}(?![\w-])"), "[phone]"),
    # Control characters would let a caller forge further lines or colours in a terminal.
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f]"), "?"),
)


def scrub(text: str) -> str:
    """`text` without e-mail addresses, phones, VINs, query strings and database details."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def describe_exception(error: BaseException) -> list[str]:
    """Where `error` came from, innermost last, with its class but never its message.

    Messages of database and conversion errors quote the values they failed on.
    """
    frames = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = describe_exception(cause) if cause else []
    return [*earlier, *frames, f"{type(error).__module__}.{type(error).__qualname__}"]


class ContextFilter(logging.Filter):
    """Adds the request id and takes personal data out of the message."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a 4xx when the middleware has left already, but brings the request along.
        request = getattr(record, "request", None)
        record.request_id = request_id.get() or getattr(request, "request_id", "")
        record.msg = scrub(record.getMessage())
        record.args = None
        return True


class JsonFormatter(BaseFormatter):
    """time, level, logger, message, request_id, allowed extras, and the exception's path."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.message
        if found := getattr(record, "request_id", ""):
            log_data["request_id"] = found
        for name in EXTRAS & record.__dict__.keys():
            value = record.__dict__[name]
            log_data[name] = scrub(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[1]:
            log_data["exception"] = describe_exception(record.exc_info[1])


class PlainFormatter(logging.Formatter):
    """For people at a terminal: the message, and the exception without its text."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the standard library's name)
        return "\n".join(f"  {line}" for line in describe_exception(ei[1])) if ei[1] else ""
