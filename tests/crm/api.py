"""Shared by the tests of the API: callers of every role, and one valid row of everything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from django.utils import timezone
from rest_framework.test import APIClient

from crm.enums import Role
from crm.models import User
from crm.roles import ROLE_CAPABILITIES
from crm.services.tokens import create_token
from tests import factories

T = TypeVar("T")

ROOT = "/api/v1/"
# Read once: the same Wednesday for a whole test, whatever day ends meanwhile.
_TODAY = timezone.now().date()


def token_for(user: User, scopes: list[str] | None = None) -> str:
    """The secret of a new token; by default with everything that the role allows."""
    allowed = sorted(ROLE_CAPABILITIES[user.role])
    return create_token(user=user, name="test", scopes=scopes or allowed)[1]


def client_with(secret: str) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def client_of(role: str = Role.MANAGER, scopes: list[str] | None = None) -> APIClient:
    """A client that calls with a token of a new user of `role`."""
    user = factories.UserFactory(role=role)
    client = client_with(token_for(user, scopes))
    client.user = user  # type: ignore[attr-defined]
    return client


def next_weekday(hour: int = 10, *, days: int = 7) -> datetime:
    """A coming Wednesday at `hour` UTC+0, at least `days` ahead."""
    day = _TODAY + timedelta(days=days)
    day += timedelta(days=(2 - day.weekday()) % 7)
    return datetime.combine(day, time(hour), tzinfo=UTC)


@dataclass
class World:
    """One valid row of every table that the API shows."""

    customer: Any
    vehicle: Any
    technician: Any
    bay: Any
    op_code: Any
    appointment: Any
    record: Any
    line: Any
    advisor: Any


def make_world() -> World:
    for weekday in range(7):
        factories.OpeningHoursFactory(weekday=weekday, opens=time(0, 0), closes=time(23, 59))
    advisor = factories.UserFactory()
    customer = factories.CustomerFactory(preferred_service_advisor=advisor)
    vehicle = factories.VehicleFactory(customer=customer)
    technician = factories.TechnicianFactory()
    bay = factories.ServiceBayFactory()
    op_code = factories.OpCodeFactory()
    appointment = factories.AppointmentFactory(
        customer=customer,
        vehicle=vehicle,
        assigned_technician=technician,
        service_bay=bay,
        scheduled_at=next_weekday(15),
    )
    record = factories.ServiceRecordFactory(vehicle=vehicle, customer=customer)
    line = factories.ServiceLineFactory(service_record=record, vehicle=vehicle)
    return World(customer, vehicle, technician, bay, op_code, appointment, record, line, advisor)


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem details of `response`, which must have this status and the one shape."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == {
        "type", "title", "status", "detail", "instance", "code", "errors", "request_id"
    }  # fmt: skip
    assert body["status"] == status
    assert body["instance"] == response.wsgi_request.path
    assert body["request_id"]
    return body


def together(work: Callable[[int], T], times: int, threads: int = 25) -> list[T]:
    """What `times` calls of `work(n)` answer, `threads` of them at a time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(times)))
