"""Helpers of the tests of the voice agent's tools."""

import itertools
from datetime import date, timedelta
from typing import Any

from rest_framework.test import APIClient

from crm.enums import Role
from jobs.registry import local_today
from tests import factories
from tests.crm.api import ROOT, client_of

AGENT = f"{ROOT}agent/"
BORN = date(1984, 2, 29)
RIGHT = "February twenty ninth nineteen eighty four"
WRONG = "May first nineteen ninety"
STRANGER = "+12055550188"
NAME = {"first_name": "Dana", "last_name": "Whitfield"}

_calls = itertools.count(1)
# Read once: days counted from it stay the same when midnight passes between two calls of a test.
_TODAY = local_today()


class Line:
    """One call of the voice agent: `line("book", ...)` is what the tool answers."""

    def __init__(self, phone: str = "", client: APIClient | None = None) -> None:
        self.client = client or client_of(Role.API, scopes=["agent:use"])
        self.context = {"call_id": f"call-{next(_calls)}", "caller_phone": phone}

    def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        response = self.send(tool, **arguments)
        assert response.status_code == 200, response.content
        return response.json()

    def send(self, tool: str, **arguments: Any) -> Any:
        body = {**self.context, **arguments}
        return self.client.post(f"{AGENT}{tool.replace('_', '-')}/", body)

    def verify(self) -> None:
        reply = self("verify_answer", factor="date_of_birth", answer=RIGHT)
        assert reply["data"]["verified"] is True, reply


def a_customer(**data: Any) -> Any:
    """A customer with a car and a visit in May; the shop is open."""
    factories.shop_with()
    customer = factories.CustomerFactory(date_of_birth=BORN, **data)
    vehicle = factories.VehicleFactory(customer=customer, car=0)
    factories.ServiceRecordFactory(vehicle=vehicle, service_date=date(2026, 5, 4))
    return customer


def a_time(days: int = 3, hour: int = 10) -> Any:
    """So many days ahead, two or more, at `hour` of the shop's clock."""
    return factories.shop_time(_TODAY + timedelta(days=days), hour)


def a_booking(**changes: Any) -> dict[str, Any]:
    """What `book` takes."""
    return {"start": a_time().isoformat(), "service": "oil change", **NAME, **changes}


def a_visit(customer: Any, days: int = 3, hour: int = 10, **data: Any) -> Any:
    return factories.AppointmentFactory(
        customer=customer,
        vehicle=customer.vehicles.get(),
        scheduled_at=a_time(days, hour),
        **data,
    )
