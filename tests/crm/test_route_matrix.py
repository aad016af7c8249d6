"""Who may call what (property S1): every route of the API, every method, every role.

A route without a line here fails. A later app adds its own lines to ROUTES.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from crm.enums import Role
from crm.models import ApiToken
from crm.rest.views import Endpoint
from crm.services.tokens import revoke_token
from tests import factories
from tests.crm.api import ROOT, client_of, client_with, make_world, problem_of, token_for
from tests.leads.factories import LeadFactory, scored
from tests.telephony.factories import CallLogFactory
from tests.warmth.factories import WarmthEventFactory, WarmthScoringTriggerFactory
from warmth.models import CustomerWarmth

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
ANYBODY = frozenset(Role.values)
FRONT = frozenset({Role.ADVISOR, Role.BDC, Role.SALES, Role.MANAGER, Role.ADMIN, Role.API})
READERS = FRONT | {Role.TECHNICIAN}
CHIEFS = frozenset({Role.MANAGER, Role.ADMIN})
CORRECTORS = CHIEFS | {Role.ADVISOR, Role.API}
WORKERS = CORRECTORS | {Role.TECHNICIAN}


@dataclass(frozen=True)
class Access:
    """Roles that may use a method, and the scope that a token needs for it."""

    roles: frozenset[str]
    scope: str


def _table(scope: str, write: frozenset[str] = FRONT) -> dict[str, Access]:
    """A resource with all five methods."""
    writes = Access(write, f"{scope}:write")
    changes = dict.fromkeys(("post", "put", "patch", "delete"), writes)
    return {"get": Access(READERS, f"{scope}:read"), **changes}


def _pair(name: str, scope: str, write: frozenset[str] = FRONT) -> dict[str, dict[str, Access]]:
    """The list and the detail address of a resource."""
    table = _table(scope, write)
    return {
        f"{name}/": {method: table[method] for method in ("get", "post")},
        f"{name}/{{key}}/": {method: table[method] for method in METHODS if method != "post"},
    }


BOOK = Access(FRONT, "appointments:write")
WORK = Access(WORKERS, "appointments:work")
HOOKS = Access(CHIEFS, "webhooks:write")
AGENT = Access(CHIEFS | {Role.API}, "agent:use")
WARM = Access(FRONT, "warmth:read")
WARM_WRITE = Access(FRONT, "warmth:write")
WARM_RULES = Access(CHIEFS, "warmth:manage")
AGENT_TOOLS = (
    "lookup", "start-verification", "verify-answer", "list-slots", "book", "reschedule", "cancel",
    "service-status", "opt-out", "leave-message", "hand-over", "end-call",
)  # fmt: skip
ROUTES: dict[str, dict[str, Access]] = {
    **_pair("customers", "customers"),
    "customers/{key}/erase/": {"post": Access(CHIEFS, "customers:erase")},
    "customers/{key}/notes/": {
        "get": Access(READERS, "customers:read"),
        "post": Access(FRONT, "customers:write"),
    },
    "customers/{key}/vehicles/": {"get": Access(READERS, "vehicles:read")},
    "customers/{key}/timeline/": {"get": Access(READERS, "customers:read")},
    **_pair("vehicles", "vehicles"),
    "vehicles/{key}/correct-mileage/": {"post": Access(CORRECTORS, "vehicles:correct")},
    "vehicles/{key}/make-primary/": {"post": Access(FRONT, "vehicles:write")},
    "vin/{key}/": {"get": Access(READERS, "vehicles:read")},
    "appointments/": {"get": Access(READERS, "appointments:read"), "post": BOOK},
    "appointments/{key}/": {"get": Access(READERS, "appointments:read"), "patch": BOOK},
    **{f"appointments/{{key}}/{step}/": {"post": BOOK} for step in ("move", "confirm", "cancel")},
    "appointments/{key}/no-show/": {"post": BOOK},
    **{
        f"appointments/{{key}}/{step}/": {"post": WORK}
        for step in ("check-in", "start", "complete")
    },
    "availability/": {"get": Access(READERS, "appointments:read")},
    "service-history/": {
        "get": Access(READERS, "service:read"),
        "post": Access(WORKERS, "service:write"),
    },
    "service-history/{key}/": {"get": Access(READERS, "service:read")},
    "service-lines/": {"get": Access(READERS, "service:read")},
    "service-lines/{key}/": {"get": Access(READERS, "service:read")},
    "service-lines/{key}/close/": {"post": Access(FRONT, "work:write")},
    "service-lines/{key}/reopen/": {"post": Access(FRONT, "work:write")},
    **_pair("technicians", "shop", CHIEFS),
    **_pair("service-bays", "shop", CHIEFS),
    **_pair("opening-hours", "shop", CHIEFS),
    **_pair("special-days", "shop", CHIEFS),
    **_pair("op-codes", "shop", CHIEFS),
    "users/": {"get": Access(READERS, "shop:read")},
    "users/{key}/": {"get": Access(READERS, "shop:read")},
    "audit/": {"get": Access(FRONT, "audit:read")},
    "audit/{key}/": {"get": Access(FRONT, "audit:read")},
    "webhooks/": {"get": HOOKS, "post": HOOKS},
    "webhooks/{key}/": {"get": HOOKS, "patch": HOOKS, "delete": HOOKS},
    "webhooks/{key}/test/": {"post": HOOKS},
    "webhooks/{key}/new-secret/": {"post": HOOKS},
    "webhook-deliveries/": {"get": HOOKS},
    "webhook-deliveries/{key}/": {"get": HOOKS},
    "webhook-deliveries/{key}/replay/": {"post": HOOKS},
    "work-items/": {"get": Access(FRONT, "work:read")},
    "work-items/{key}/": {"get": Access(FRONT, "work:read")},
    "work-items/next/": {"post": Access(FRONT, "work:write")},
    **{
        f"work-items/{{key}}/{step}/": {"post": Access(FRONT, "work:write")}
        for step in ("claim", "release", "dispose", "snooze")
    },
    "consents/": {
        "get": Access(FRONT, "consent:read"),
        "post": Access(FRONT, "consent:write"),
    },
    "consents/{key}/": {"get": Access(FRONT, "consent:read")},
    "consents/opt-out/": {"post": Access(FRONT, "consent:write")},
    "contact-attempts/": {
        "get": Access(FRONT, "work:read"),
        "post": Access(FRONT, "work:write"),
    },
    "contact-attempts/{key}/": {"get": Access(FRONT, "work:read")},
    "permission/": {
        "get": Access(FRONT, "consent:read"),
        "post": Access(FRONT, "consent:read"),
    },
    "me/": {"get": Access(ANYBODY, "")},
    "calls/": {"get": Access(FRONT, "calls:read"), "post": Access(FRONT, "calls:write")},
    "calls/{key}/": {"get": Access(FRONT, "calls:read"), "patch": Access(FRONT, "calls:write")},
    "calls/{key}/transcript/": {"post": Access(FRONT - {Role.SALES}, "calls:listen")},
    "leads/": {"get": Access(READERS, "leads:read")},
    "leads/{key}/": {"get": Access(READERS, "leads:read")},
    "leads/{key}/explain/": {"get": Access(READERS, "leads:read")},
    "leads/export/": {"get": Access(CHIEFS | {Role.ADVISOR, Role.API}, "exports:read")},
    "leads/score/": {"post": Access(READERS, "leads:read")},
    "leads/{key}/move/": {"post": Access(WORKERS | {Role.BDC}, "leads:write")},
    "leads/{key}/snooze/": {"post": Access(WORKERS | {Role.BDC}, "leads:write")},
    "leads/{key}/outcomes/": {
        "get": Access(READERS, "leads:read"),
        "post": Access(WORKERS | {Role.BDC}, "leads:write"),
    },
    "agent/tools/": {"get": AGENT},
    **{f"agent/{tool}/": {"post": AGENT} for tool in AGENT_TOOLS},
    "customers/{key}/warmth/": {"get": WARM, "put": WARM_WRITE, "patch": WARM_WRITE},
    "customers/{key}/warmth/history/": {"get": WARM},
    "customers/{key}/warmth/trends/": {"get": WARM},
    "analytics/warmth/": {"get": WARM},
    **{
        f"analytics/warmth/{figures}/": {"get": WARM}
        for figures in ("stale", "pipeline", "distribution", "trends")
    },
    "warmth-events/": {"get": WARM, "post": WARM_WRITE},
    "warmth-events/{key}/": {"get": WARM, "delete": WARM_WRITE},
    "warmth-events/bulk/": {"post": WARM_WRITE},
    "warmth-triggers/": {"get": WARM, "post": WARM_RULES},
    "warmth-triggers/{key}/": {
        "get": WARM,
        **dict.fromkeys(("put", "patch", "delete"), WARM_RULES),
    },
    "warmth-algorithms/": {"get": WARM, "post": WARM_RULES},
    "warmth-algorithms/{key}/": {
        "get": WARM,
        **dict.fromkeys(("patch", "delete"), WARM_RULES),
    },
    "warmth-algorithms/{key}/preview/": {"get": WARM_RULES},
    **{
        f"warmth-algorithms/{step}/": {"post": WARM_RULES}
        for step in ("{key}/publish", "{key}/start-trial", "end-trial", "roll-back")
    },
}
# For whoever is signed in, without a capability of their own; tested at the end.
DOCUMENTATION = {"schema/", "docs/", "redoc/"}


def api_patterns() -> dict[str, Any]:
    """Address below /api/v1/ with `{key}` for its variable, and the view behind it."""
    root = next(p for p in get_resolver().url_patterns if str(p.pattern) == "api/v1/")
    found = {}
    for pattern in root.url_patterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name != "api-no-such-address":
            parts = str(pattern.pattern).split("/")
            path = "/".join("{key}" if part.startswith("<") else part for part in parts)
            found[path] = pattern.callback
    return found


def methods_of(view: Any) -> set[str]:
    """What the view answers, HEAD and OPTIONS aside."""
    names = set(view.actions) if hasattr(view, "actions") else set(dir(view.cls))
    return names & set(METHODS)


def test_every_route_and_method_has_a_line() -> None:
    patterns = {path: view for path, view in api_patterns().items() if path not in DOCUMENTATION}
    assert {path: methods_of(view) for path, view in patterns.items()} == {
        path: set(methods) for path, methods in ROUTES.items()
    }


def test_every_view_states_a_capability_for_each_of_its_methods() -> None:
    for path, view in api_patterns().items():
        if path in DOCUMENTATION:
            continue
        assert issubclass(view.cls, Endpoint), path
        capability = getattr(view, "initkwargs", {}).get("capability", view.cls.capability)
        for method in methods_of(view):
            assert capability.get(method.upper()), (path, method)


def addresses(world: Any) -> dict[str, str]:
    """The key of an existing row for each resource."""
    special = factories.SpecialDayFactory()
    delivery = factories.WebhookDeliveryFactory()
    return {
        "customers": str(world.customer.pk),
        "vehicles": str(world.vehicle.pk),
        "vin": world.vehicle.vin,
        "appointments": str(world.appointment.pk),
        "service-history": str(world.record.pk),
        "service-lines": str(world.line.pk),
        "technicians": str(world.technician.pk),
        "service-bays": world.bay.pk,
        "opening-hours": "1",
        "special-days": str(special.pk),
        "op-codes": world.op_code.pk,
        "users": str(world.advisor.pk),
        "audit": "1",
        "calls": str(CallLogFactory().pk),
        "leads": str(scored(LeadFactory()).pk),
        "work-items": str(factories.WorkItemFactory(customer=world.customer).pk),
        "consents": str(factories.ConsentFactory(customer=world.customer).pk),
        "contact-attempts": str(factories.ContactAttemptFactory(customer=world.customer).pk),
        "webhooks": str(delivery.endpoint_id),
        "webhook-deliveries": str(delivery.pk),
        **warmth_keys(world),
    }


def warmth_keys(world: Any) -> dict[str, str]:
    """Rows of the warmth tables; the customer of the world has a score."""
    CustomerWarmth.objects.get_or_create(customer=world.customer)
    rule = WarmthScoringTriggerFactory()
    return {
        "warmth-events": str(WarmthEventFactory(customer=world.customer).pk),
        "warmth-triggers": str(rule.pk),
        "warmth-algorithms": str(rule.algorithm_id),
    }


def every_call(world: Any) -> list[tuple[str, str, Access]]:
    """(method, address, access) of the whole matrix."""
    keys = addresses(world)
    return [
        (method, ROOT + path.format(key=keys.get(path.split("/")[0], "")), access)
        for path, methods in ROUTES.items()
        for method, access in methods.items()
    ]


def call(client: APIClient, method: str, url: str) -> Any:
    # A body that is no object: it gets past permissions and never changes anything.
    return getattr(client, method)(url, None if method == "get" else ["nothing"])


@pytest.mark.parametrize("role", Role.values)
def test_role_may_do_what_the_matrix_says_and_nothing_else(role: str) -> None:
    client = client_of(role)
    for method, url, access in every_call(make_world()):
        status = call(client, method, url).status_code
        assert (status != 403) == (role in access.roles), (role, method, url, status)
        assert status < 500 and status not in (401, 405), (role, method, url, status)


def test_token_without_the_scope_is_refused_though_the_role_allows() -> None:
    world = make_world()
    for method, url, access in every_call(world):
        if not access.scope:
            continue
        role = Role.MANAGER
        others = sorted({a.scope for _, _, a in every_call(world)} - {access.scope, ""})
        client = client_of(role, scopes=others)
        body = problem_of(call(client, method, url), 403)
        assert body["code"] == "scope_missing", (method, url)


def test_stranger_gets_401_with_a_challenge_everywhere() -> None:
    for method, url, _ in every_call(make_world()):
        response = call(APIClient(), method, url)
        assert problem_of(response, 401)["code"] == "not_authenticated"
        assert response["WWW-Authenticate"] == 'Bearer realm="Lanewise"'


@pytest.mark.parametrize("fate", ["expired", "revoked", "unknown", "disabled", "malformed"])
def test_dead_token_opens_nothing(fate: str) -> None:
    user = factories.UserFactory(role=Role.ADMIN)
    secret = token_for(user)
    token = ApiToken.objects.get()
    if fate == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    elif fate == "revoked":
        revoke_token(token=token)
    elif fate == "disabled":
        user.is_active = False
        user.save()
    elif fate == "unknown":
        secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    else:
        secret = token.digest
    response = client_with(secret).get(f"{ROOT}me/")
    assert problem_of(response, 401)["code"] == "authentication_failed"
    assert "WWW-Authenticate" in response


def test_method_that_a_route_does_not_have_is_a_405() -> None:
    client = client_of(Role.ADMIN)
    keys = addresses(make_world())
    for path, methods in ROUTES.items():
        url = ROOT + path.format(key=keys.get(path.split("/")[0], ""))
        for method in set(METHODS) - set(methods):
            response = call(client, method, url)
            problem_of(response, 405)
            allowed = {name.strip().lower() for name in response["Allow"].split(",")}
            assert set(methods) <= allowed


def test_documentation_is_for_whoever_is_signed_in() -> None:
    person = APIClient()
    person.force_login(factories.UserFactory(role=Role.TECHNICIAN))
    for path in DOCUMENTATION:
        assert person.get(ROOT + path).status_code == 200
    assert APIClient().get(ROOT + "schema/").status_code in (401, 403)
    assert client_of(Role.TECHNICIAN).get(ROOT + "schema/").status_code == 200
    for page in DOCUMENTATION - {"schema/"}:
        response = APIClient().get(ROOT + page)
        assert (response.status_code, response["Location"]) == (
            302, f"/accounts/login/?next={ROOT}{page}",
        )  # fmt: skip


@pytest.mark.parametrize("path", ["", "nothing/", "customers", "customers/x/", "admin/"])
def test_wrong_address_is_a_404_in_the_one_shape(path: str) -> None:
    assert problem_of(client_of().get(ROOT + path), 404)["code"] == "not_found"


def test_session_works_and_its_writes_need_the_csrf_token() -> None:
    user = factories.UserFactory(role=Role.ADVISOR)
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get(f"{ROOT}me/").json()["username"] == user.username
    body = problem_of(browser.post(f"{ROOT}customers/", {}), 403)
    assert "CSRF" in body["detail"]


def test_me_lists_what_role_and_scopes_allow_together() -> None:
    shown = client_of(Role.MANAGER, scopes=["customers:read"]).get(f"{ROOT}me/").json()
    assert shown["capabilities"] == ["customers:read"]
    assert shown["token"] == "test"
