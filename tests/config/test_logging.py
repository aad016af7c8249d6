import io
import json
import logging
import sys
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from config.logging import ContextFilter, JsonFormatter, PlainFormatter, request_id, scrub
from tests.factories import CustomerFactory

MARKERS = ("+12055550142", "(205) 555-0142", "maria@example.com", "1FTFW1C53LFA67890")


def written(message: str, *args: Any, formatter: logging.Formatter | None = None, **kw: Any) -> str:
    record = logging.getLogger("test").makeRecord(
        "test", logging.INFO, __file__, 1, message, args, kw.pop("exc_info", None), extra=kw
    )
    assert ContextFilter().filter(record)
    return (formatter or JsonFormatter()).format(record)


@pytest.mark.parametrize(
    "text",
    [
        "called +12055550142 twice",
        "called (205) 555-0142",
        "called 205-555-0142",
        "called 2055550142",
        "called %2B12055550142",
        "wrote to maria@example.com",
        "VIN 1FTFW1C53LFA67890",
        "vin 1ftfw1c53lfa67890",
        "GET /customers/?q=Lopez&page=2",
        'DETAIL:  Key (email)=(maria@example.com) already exists."',
        "Key (last_name)=(Lopez) is there",
    ],
)
def test_scrub_personal_data_is_hidden(text: str) -> None:
    cleaned = scrub(text)
    for secret in ("5550142", "555-0142", "maria", "LFA67890", "lfa67890", "Lopez"):
        assert secret not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "run 41 of nightly.scores took 12.5 s, 10000 rows",
        "customer 4f9c2b1e-8a37-4d1c-9f10-2b7c55d0e6aa changed",
        "2026-11-21T09:30:00-05:00 tick",
        "request 0f3b9a52c6d84e0fb1f0a9d3a1b2c3d4",
    ],
)
def test_scrub_ids_times_and_counts_stay(text: str) -> None:
    assert scrub(text) == text


def test_json_line_holds_request_id_and_allowed_extras_only() -> None:
    token = request_id.set("abc12345")
    try:
        line = json.loads(written("done", status_code=200, request="<GET '/?q=Lopez'>", user="Ann"))
    finally:
        request_id.reset(token)
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "test",
        "message": "done",
        "request_id": "abc12345",
        "status_code": 200,
    }


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_exception_is_told_without_its_message(formatter: logging.Formatter) -> None:
    try:
        try:
            raise KeyError("maria@example.com")
        except KeyError as error:
            raise ValueError("Lopez is no number") from error
    except ValueError:
        line = written("failed", formatter=formatter, exc_info=sys.exc_info())
    assert "Lopez" not in line
    assert "maria" not in line
    assert "builtins.KeyError" in line
    assert "test_exception_is_told_without_its_message" in line


@pytest.mark.parametrize("bad", ["\r\nforged line", "\x1b[31mred", "\x00"])
def test_control_characters_cannot_forge_lines(bad: str) -> None:
    line = written("name %s", bad)
    assert len(line.splitlines()) == 1
    assert "\\u001b" not in line
    assert "\\r" not in line


@pytest.mark.django_db
def test_database_error_leaves_no_values_in_the_log() -> None:
    customer = CustomerFactory(phone=MARKERS[0], email=MARKERS[2])
    try:
        with transaction.atomic():
            CustomerFactory(phone=customer.phone)
    except IntegrityError:
        line = written("refused", exc_info=sys.exc_info())
    assert not any(marker in line for marker in MARKERS)


@pytest.mark.django_db
def test_request_with_personal_query_leaves_none_in_the_log(client: Client) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(ContextFilter())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        response = client.get("/no-such-page/maria@example.com", {"q": "Lopez"})
    finally:
        logger.removeHandler(handler)
    line = json.loads(stream.getvalue())
    assert response["X-Request-ID"] == line["request_id"]
    assert "Lopez" not in str(line)
    assert "maria" not in str(line)


def test_scrub_durations_stay() -> None:
    text = "Task jobs.tick[1] succeeded in 0.0193721035099981s: None"
    assert scrub(text) == text
