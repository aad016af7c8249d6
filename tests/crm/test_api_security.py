"""What clients must not be able to do: mass assignment (S2), injection (S13), costly asks (S20)."""

import time
from typing import Any
from urllib.parse import quote

import pytest
from django.db import models

from crm.models import Appointment, Customer
from tests import factories
from tests.crm.api import ROOT, client_of, make_world, next_weekday

pytestmark = pytest.mark.django_db

FORGED: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001",
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "anonymised_at": "2001-01-01T00:00:00Z",
    "batch": "00000000-0000-4000-8000-000000000002",
    "batch_id": "00000000-0000-4000-8000-000000000002",
    "name": "Forged",
    "status": "completed",
    "cancellation_reason": "forged",
    "confirmation_sent": True,
    "reminder_sent": True,
    "arrived_at": "2001-01-01T00:00:00Z",
    "started_at": "2001-01-01T00:00:00Z",
    "completed_at": "2001-01-01T00:00:00Z",
    "appointment": "00000000-0000-4000-8000-000000000003",
    "service_record": "00000000-0000-4000-8000-000000000004",
    "resolved_by": "00000000-0000-4000-8000-000000000005",
    "user": 1,
    "user_id": 1,
}


def unchanged(model: type[models.Model], key: Any, names: set[str]) -> dict[str, Any]:
    return model._default_manager.filter(pk=key).values("pk", *sorted(names)).get()


def read_only(model: type[models.Model], writable: set[str]) -> set[str]:
    """Columns that no input may reach; `updated_at` moves by itself."""
    names = {field.name for field in model._meta.concrete_fields}
    return names - writable - {"updated_at", "name"}


@pytest.mark.parametrize(
    ("path", "attribute", "writable"),
    [
        ("customers", "customer", set()),
        ("vehicles", "vehicle", {"status"}),
        ("appointments", "appointment", set()),
        ("technicians", "technician", {"name"}),
        ("service-bays", "bay", {"name"}),
        ("op-codes", "op_code", set()),
    ],
)
def test_patch_with_every_field_changes_no_read_only_one(
    path: str, attribute: str, writable: set[str]
) -> None:
    record = getattr(make_world(), attribute)
    names = read_only(type(record), writable) & {*FORGED}
    before = unchanged(type(record), record.pk, names)
    body = FORGED | ({"status": "active"} if path == "vehicles" else {})
    response = client_of("admin").patch(f"{ROOT}{path}/{record.pk}/", body)
    assert response.status_code == 200, response.content
    assert unchanged(type(record), record.pk, names) == before


def test_created_rows_ignore_forged_columns() -> None:
    world = make_world()
    client = client_of("admin")
    bodies = {
        "customers": {"first_name": "A", "last_name": "B", "phone": "2055550142"},
        "vehicles": {"vin": factories.new_vin(), "year": 2020, "make": "Ford", "model": "F-150"},
        "appointments": {
            "customer": str(world.customer.pk),
            "scheduled_at": next_weekday(18).isoformat(),
            "service_type": "Oil",
        },
        "service-history": {"vehicle": str(world.vehicle.pk), "service_date": "2026-10-01"},
    }
    for path, body in bodies.items():
        forged = FORGED | ({"status": "active"} if path == "vehicles" else {})
        response = client.post(f"{ROOT}{path}/", forged | body)
        assert response.status_code == 201, (path, response.content)
        shown = response.json()
        for name in set(shown) & set(FORGED) - {"name", "status"}:
            assert shown[name] != FORGED[name], (path, name)
    assert Appointment.objects.latest("created_at").status == "scheduled"
    assert not Customer.objects.exclude(batch=None).exists()


PAYLOADS = [
    "'", '"', "';--", "1; DROP TABLE customers", "' OR '1'='1", '" OR ""="', "1 OR 1=1",
    "') OR ('1'='1", "admin'--", "1' UNION SELECT NULL--", "UNION SELECT version()",
    "'; SELECT pg_sleep(5)--", "pg_sleep(5)", "||pg_sleep(5)", "$$;SELECT 1;$$", "E'\\x41'",
    "%27", "%00", "\x00", "a\x00b", "\\", "\\'", "%", "_", "%%%", "__", "*", "(", ")", "[", "(((",
    "last_name__regex", "customer__id", "-(SELECT 1)", "id,phone", "RANDOM()", "?", ":name", "%s",
    "%(id)s", "{0}", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "../../etc/passwd",
    "\u202e", "\U0001f600" * 30, "\ufffd", "NaN", "1e999", "-1", "9" * 400,
]  # fmt: skip


@pytest.mark.parametrize("path", ["customers", "vehicles", "appointments", "service-history"])
@pytest.mark.parametrize("name", ["ordering", "cursor", "page_size", "filter", "unknown"])
def test_injected_query_is_refused_or_finds_nothing(path: str, name: str) -> None:
    make_world()
    client = client_of()
    filters = {
        "customers": ["search", "phone", "email", "city", "preferred_service_advisor"],
        "vehicles": ["vin", "license_plate", "make", "year", "customer"],
        "appointments": ["service_bay", "status", "day", "scheduled_from", "late"],
        "service-history": ["ro_number", "first", "vehicle", "advisor", "technician"],
    }[path]
    for payload in PAYLOADS:
        names = filters if name == "filter" else [payload if name == "unknown" else name]
        for parameter in names:
            response = client.get(f"{ROOT}{path}/", {parameter: payload})
            if response.status_code == 200:
                # "%" and the like are ordinary text of a filter: they match no row by themselves.
                assert response.json()["results"] == [], (parameter, payload)
            else:
                assert response.status_code == 400, (parameter, payload, response.content)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_injected_key_or_text_in_a_body_is_stored_as_text_or_refused(payload: str) -> None:
    client = client_of()
    body = {"first_name": payload, "last_name": payload, "phone": "2055550142", payload: payload}
    response = client.post(f"{ROOT}customers/", body)
    assert response.status_code in (201, 400, 422), response.content
    if response.status_code == 201:
        assert response.json()["first_name"] == payload.strip()
    for path in ("vin", "service-bays", "op-codes", "special-days"):
        status = client.get(f"{ROOT}{path}/{quote(payload, safe='')}/").status_code
        assert status in (200, 404), (path, payload)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"first_name": "\\ud800"}',
        b'{"first_name": NaN}',
        b'{"first_name": 1e999999}',
        b"9" * 50_000,
        b"\xff\xfe{}",
        b"{",
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
    ],
)
def test_malformed_or_hostile_json_is_a_400(body: bytes) -> None:
    response = client_of().post(f"{ROOT}customers/", body, content_type="application/json")
    assert response.status_code == 400, response.content


def test_huge_body_is_a_413_and_cheap() -> None:
    client = client_of()
    started = time.perf_counter()
    response = client.post(
        f"{ROOT}customers/", b'{"a":"' + b"x" * 3_000_000 + b'"}', content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"]
)
def test_other_content_type_is_a_415(content_type: str) -> None:
    response = client_of().post(f"{ROOT}customers/", b"x", content_type=content_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "query",
    [
        {"search": "x" * 10_000},
        {"page_size": "1000000000"},
        {"ordering": ",".join(["name"] * 1_000)},
        {"cursor": "A" * 10_000},
        {"phone": "2" * 10_000},
        {"preferred_service_advisor": "9" * 5_000},
    ],
)
def test_costly_query_is_refused_quickly(query: dict[str, str]) -> None:
    client = client_of()
    client.get(f"{ROOT}me/")
    started = time.perf_counter()
    assert client.get(f"{ROOT}customers/", query).status_code == 400
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "query", [{"stauts": "late"}, {"status": ""}, {"late": "yes"}, {"status": "gone"}]
)
def test_misspelt_filter_is_refused_by_name(query: dict[str, str]) -> None:
    response = client_of().get(f"{ROOT}appointments/", query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == next(iter(query))


def test_unknown_parameter_is_refused_on_records_and_writes_too() -> None:
    world = make_world()
    client = client_of()
    assert client.get(f"{ROOT}customers/{world.customer.pk}/?expand=1").status_code == 400
    assert client.post(f"{ROOT}vehicles/{world.vehicle.pk}/make-primary/?x=1").status_code == 400


def test_every_model_of_crm_keeps_its_batch_out_of_reach() -> None:
    """A caller who could set a batch could have somebody else's import undo it."""
    from rest_framework.serializers import ModelSerializer

    from crm.rest.inputs import Input

    def below(kind: type) -> set[type]:
        return {kind, *(deeper for sub in kind.__subclasses__() for deeper in below(sub))}

    for serializer in below(Input) - {Input}:
        assert issubclass(serializer, ModelSerializer)
        assert "batch" not in serializer().fields
