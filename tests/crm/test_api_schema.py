"""The schema in the repository is the API that runs (property W3)."""

import io
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from crm.enums import Role
from crm.rest.problems import MEDIA_TYPE
from tests.factories import UserFactory

# One process generates it for all of them.
pytestmark = pytest.mark.xdist_group("schema")

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def generated() -> str:
    """The schema of the running code; any warning of the generator is an error."""
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_schema_in_docs_is_the_one_of_the_code(generated: str) -> None:
    """After a change: `manage.py spectacular --file docs/openapi.yaml`."""
    assert SCHEMA.read_text().strip() == generated.strip()


def test_server_gives_the_same_schema_and_generates_it_once(client, db, generated: str) -> None:
    client.force_login(UserFactory(role=Role.ADVISOR))
    first = client.get("/api/v1/schema/", HTTP_ACCEPT="application/yaml")
    with mock.patch.object(SchemaGenerator, "parse", side_effect=AssertionError):
        again = client.get("/api/v1/schema/", HTTP_ACCEPT="application/yaml")
    assert yaml.safe_load(first.content) == yaml.safe_load(generated)
    assert again.content == first.content


def test_every_operation_documents_the_errors_that_any_may_give(generated: str) -> None:
    for method, path, operation in operations(yaml.safe_load(generated)):
        if path.endswith("/schema/"):
            continue
        answers = operation["responses"]
        assert {"400", "401", "403", "429", "503"} <= set(answers), (method, path)
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(answer["content"]) == [MEDIA_TYPE], (method, path, status)


def test_every_write_takes_an_idempotency_key_and_every_change_a_version(generated: str) -> None:
    for method, path, operation in operations(yaml.safe_load(generated)):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in names) == (method != "get"), (method, path)
        assert ("If-Match" in names) == (method != "get" and "{" in path), (method, path)


def test_every_body_has_an_example(generated: str) -> None:
    for method, path, operation in operations(yaml.safe_load(generated)):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content.get("examples"), (method, path)
