"""Pages of the list of leads, of the API and of the browser, for `bench.leads`, at any depth."""

from functools import cache
from typing import Any

from django.db.models import F
from django.test import Client
from rest_framework.test import APIRequestFactory, force_authenticate

from crm.models import User
from crm.rest.pagination import Cursor, keys_of
from leads.api.leads import LeadViewSet
from leads.models import LeadRecord
from leads.views.leads import ORDERS

_factory = APIRequestFactory()
_view = LeadViewSet.as_view({"get": "list"}, throttle_classes=[])


def page(address: str) -> dict[str, Any]:
    request = _factory.get(address)
    force_authenticate(request, user=User(pk=1, username="bench", role="manager"))
    response = _view(request).render()
    assert response.status_code == 200, response.content
    return dict(response.data)


def address_at(first: str, ordering: str, depth: int) -> str:
    """The address of the page that begins behind the first `depth` rows."""
    keys = keys_of(LeadRecord, ordering, LeadViewSet.orderings)
    ordered = LeadRecord.objects.open().order_by(
        *(F(k.column).desc() if k.descending else F(k.column) for k in keys)
    )
    values = ordered.values_list(*(key.column for key in keys))[depth - 1]
    return f"{first}&cursor={Cursor(ordering, tuple(values), False).sealed()}"


@cache
def _browser() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("bench-list", role="manager"))
    return client


def list_page(address: str) -> None:
    response = _browser().get(address)
    assert response.status_code == 200, response.content


def list_address_at(first: str, sort: str, depth: int) -> str:
    """The address of the list's page that begins behind the first `depth` rows."""
    order = (f"-{name}" for name in ORDERS[sort.removeprefix("-")])
    key = LeadRecord.objects.open().order_by(*order).values_list("lead_id", flat=True)[depth - 1]
    return f"{first}&after={key}"
