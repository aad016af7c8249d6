"""The admin: who enters, every page of every model, services behind the forms, query counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.admin.base import ReadOnlyAdmin
from crm.admin_site import navigation
from crm.enums import AppointmentStatus, Role
from crm.models import (
    ApiToken,
    Appointment,
    AuditEntry,
    Consent,
    ContactAttempt,
    ContactDecision,
    Customer,
    CustomerNote,
    DataBatch,
    ExportLog,
    IdempotencyKey,
    ImportRun,
    OpCode,
    OpeningHours,
    OutboundMessage,
    RateBucket,
    ServiceBay,
    ServiceLine,
    ServiceRecord,
    SpecialDay,
    Technician,
    User,
    Vehicle,
    WebhookDelivery,
    WebhookEndpoint,
    WorkItem,
)
from crm.services.customers import add_note
from jobs.models import JobChunk, JobRun, Outbox
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(factories.UserFactory(role=Role.MANAGER, username="mia"))
    return client


@pytest.fixture
def chief(client: Client) -> Client:
    client.force_login(factories.UserFactory(role=Role.ADMIN, username="ada"))
    return client


def make_run() -> ImportRun:
    return ImportRun.objects.create(
        file_name="a.csv", file_size=1, file_hash="x", headers=["A"], headers_key="k"
    )


MAKERS: dict[type, Callable[[], Any]] = {
    Customer: factories.CustomerFactory,
    CustomerNote: lambda: add_note(
        customer=factories.CustomerFactory(), author=factories.UserFactory(), text="called"
    ),
    Vehicle: factories.VehicleFactory,
    Appointment: factories.AppointmentFactory,
    ServiceRecord: factories.ServiceRecordFactory,
    ServiceLine: factories.ServiceLineFactory,
    Technician: factories.TechnicianFactory,
    ServiceBay: factories.ServiceBayFactory,
    OpCode: factories.OpCodeFactory,
    SpecialDay: factories.SpecialDayFactory,
    Consent: factories.ConsentFactory,
    ContactAttempt: factories.ContactAttemptFactory,
    ContactDecision: lambda: ContactDecision.objects.create(
        customer=factories.CustomerFactory(), channel="call", purpose="service", allowed=True
    ),
    WorkItem: factories.WorkItemFactory,
    OutboundMessage: factories.OutboundMessageFactory,
    OpeningHours: lambda: OpeningHours.objects.create(
        weekday=OpeningHours.objects.count(), opens="08:00", closes="17:00"
    ),
    User: factories.UserFactory,
    ApiToken: lambda: ApiToken.objects.create(
        user=factories.UserFactory(), name="t", prefix="lw_", digest=str(ApiToken.objects.count())
    ),
    AuditEntry: lambda: factories.CustomerFactory() and AuditEntry.objects.first(),
    DataBatch: lambda: DataBatch.objects.create(kind="import", label="x"),
    ImportRun: make_run,
    ExportLog: lambda: ExportLog.objects.create(list_name="customers", format="csv"),
    Outbox: lambda: Outbox.objects.create(task="x"),
    JobRun: lambda: JobRun.objects.create(
        job=f"j{JobRun.objects.count()}", local_date="2026-11-21"
    ),
    JobChunk: lambda: JobChunk.objects.create(run=MAKERS[JobRun](), number=1),
    IdempotencyKey: lambda: IdempotencyKey.objects.create(
        owner="user:1", key=str(IdempotencyKey.objects.count()), request_hash="x", status=201
    ),
    RateBucket: lambda: RateBucket.objects.create(
        owner=f"user:{RateBucket.objects.count()}", window_start=timezone.now(), count=1
    ),
    WebhookEndpoint: factories.WebhookEndpointFactory,
    WebhookDelivery: factories.WebhookDeliveryFactory,
}
LANEWISE = ("crm", "jobs", "leads", "telephony", "warmth")
PLUMBING = {IdempotencyKey, RateBucket}
READ_ONLY = {
    Consent, ContactAttempt, ContactDecision, WorkItem, OutboundMessage,
    ServiceRecord, ServiceLine, ApiToken, AuditEntry, DataBatch, ImportRun, ExportLog, Outbox,
    JobRun, JobChunk, WebhookEndpoint, WebhookDelivery, *PLUMBING,
}  # fmt: skip
MODELS = pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)


def page(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def test_every_registered_model_is_tested_here() -> None:
    registered = {m for m in admin.site._registry if m._meta.app_label in ("crm", "jobs")}

    assert registered == set(MAKERS)


# Models without a page of their own, and where the admin shows their rows instead.
SHOWN_ELSEWHERE = {
    "crm.SavedFilter": "a user's own links",
    "crm.ImportFilePart": "bytes of the file of an import run",
    "crm.ImportRow": "on the page of the import run",
    "crm.ImportRefusal": "on the page of the import run, and as a file",
    "crm.ImportChange": "what reverting a batch needs",
    "crm.CustomerSearch": "an index that triggers keep",
    "crm.NameWord": "an index that triggers keep",
    "crm.WebhookMessage": "with its deliveries",
    "jobs.Heartbeat": "one row, told by /readyz and the jobs page",
    "leads.LeadScore": "with its lead",
    "leads.ScoreHistory": "with its lead",
    "leads.LeadRecord": "a view over leads",
    "telephony.VerificationAttempt": "with its verification",
    "warmth.WarmthScoringTrigger": "with its algorithm",
}


def test_every_model_of_ours_is_in_the_admin_or_shown_elsewhere() -> None:
    ours = {m for m in apps.get_models() if m.__module__.split(".")[0] in LANEWISE}
    absent = {m._meta.label for m in ours - set(admin.site._registry)}
    linked = {
        str(item["link"])
        for group in navigation(RequestFactory().get("/"))
        for item in group["items"]
    }

    assert absent == set(SHOWN_ELSEWHERE)
    assert {page(model, "changelist") for model in admin.site._registry} == linked


def test_models_of_other_packages_are_not_in_the_admin() -> None:
    labels = {model._meta.app_label for model in admin.site._registry}

    assert labels == set(LANEWISE)


@MODELS
def test_list_and_record_pages_answer_an_administrator(chief: Client, model: Any) -> None:
    record = MAKERS[model]()

    assert chief.get(page(model, "changelist")).status_code == 200
    assert chief.get(page(model, "change", record.pk)).status_code == 200
    new = chief.get(page(model, "add"))
    assert new.status_code == (403 if model in READ_ONLY else 200)
    assert b"DatabaseDefault" not in new.content, "shows what only the database will know"


@MODELS
def test_list_page_answers_a_manager(manager: Client, model: Any) -> None:
    MAKERS[model]()

    expected = 403 if model in PLUMBING else 200
    assert manager.get(page(model, "changelist")).status_code == expected


@MODELS
def test_search_works_on_every_list(chief: Client, model: Any) -> None:
    MAKERS[model]()

    for text in ("a", "johnson", "2055550142"):
        assert chief.get(page(model, "changelist"), {"q": text}).status_code == 200


@MODELS
def test_list_page_needs_the_same_queries_for_one_and_three_rows(chief: Client, model: Any) -> None:
    MAKERS[model]()
    chief.get(page(model, "changelist"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        chief.get(page(model, "changelist"))
    MAKERS[model]()
    MAKERS[model]()

    with CaptureQueriesContext(connection) as three:
        chief.get(page(model, "changelist"))

    assert len(three) == len(one) <= 12


@pytest.mark.parametrize("role", [r for r in Role.values if r not in (Role.MANAGER, Role.ADMIN)])
def test_other_roles_are_refused_whatever_is_staff_says(client: Client, role: str) -> None:
    client.force_login(factories.UserFactory(role=role, is_staff=True))

    response = client.get(reverse("admin:index"), follow=True)

    assert response.status_code == 403 or not response.request["PATH_INFO"].startswith("/admin/")


def test_strangers_are_led_to_the_sign_in_page(client: Client) -> None:
    response = client.get(page(Customer, "changelist"))
    assert response.status_code == 302
    there = client.get(response["Location"])
    assert there.status_code == 302
    assert there["Location"].startswith(reverse("account_login"))


def test_managers_see_users_but_change_none(manager: Client, client: Client) -> None:
    body = manager.get(reverse("admin:index")).content.decode()

    assert page(Customer, "changelist") in body
    assert manager.get(page(User, "add")).status_code == 403
    user = factories.UserFactory(role=Role.ADVISOR)
    manager.post(page(User, "change", user.pk), {"username": user.username, "role": Role.ADMIN})
    user.refresh_from_db()
    assert user.role == Role.ADVISOR


def customer_form(**values: Any) -> dict[str, Any]:
    empty = {f"vehicles-{n}": v for n, v in (
        ("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0), ("MIN_NUM_FORMS", 0), ("MAX_NUM_FORMS", 0),
    )}  # fmt: skip
    return empty | {
        "first_name": "Ann",
        "last_name": "Lee",
        "phone": "(205) 555-0142",
        "preferred_contact_method": "phone",
        "customer_type": "retail",
        "receive_reminders": "true",
        "receive_promotions": "true",
        **values,
    }


def test_customer_is_created_through_the_service(manager: Client) -> None:
    response = manager.post(page(Customer, "add"), customer_form(state="ga", zip_code="2134"))

    assert response.status_code == 302, response.context["errors"]
    customer = Customer.objects.get()
    assert (customer.phone, customer.state, customer.zip_code) == ("+12055550142", "GA", "02134")
    entry = AuditEntry.objects.get(table_name="customers")
    assert (entry.source, entry.actor_label) == ("admin", "mia")


def test_what_the_service_refuses_stands_at_the_field(manager: Client) -> None:
    factories.CustomerFactory(phone="+12055550142")

    response = manager.post(page(Customer, "add"), customer_form())

    assert response.status_code == 200
    assert "Another customer has this phone" in str(
        response.context["adminform"].form.errors["phone"]
    )
    assert Customer.objects.count() == 1


def test_customer_change_writes_only_what_changed_and_refuses_stale_pages(
    manager: Client,
) -> None:
    customer = factories.CustomerFactory(first_name="Ann", last_name="Lee", notes="")
    url = page(Customer, "change", customer.pk)
    form = manager.get(url).context["adminform"].form
    data = customer_form(**{n: v for n, v in form.initial.items() if v is not None})
    data |= {"vehicles-TOTAL_FORMS": 0}

    assert manager.post(url, data | {"first_name": "Anna"}).status_code == 302
    customer.refresh_from_db()
    assert customer.first_name == "Anna"
    stale = manager.post(url, data | {"first_name": "Annie"})
    assert stale.status_code == 200
    assert "Somebody changed this record" in stale.content.decode()


def test_customer_with_history_is_not_deleted(manager: Client) -> None:
    customer = factories.AppointmentFactory().customer

    manager.post(page(Customer, "delete", customer.pk), {"post": "yes"})

    assert Customer.objects.filter(pk=customer.pk).exists()


def test_customer_without_history_is_deleted(manager: Client) -> None:
    customer = factories.CustomerFactory()

    manager.post(page(Customer, "delete", customer.pk), {"post": "yes"})

    assert not Customer.objects.filter(pk=customer.pk).exists()


def test_status_of_an_appointment_moves_by_action_only(manager: Client) -> None:
    waiting = factories.AppointmentFactory(status=AppointmentStatus.SCHEDULED)
    other = factories.AppointmentFactory(
        status=AppointmentStatus.SCHEDULED, scheduled_at=timezone.now() + timedelta(days=9)
    )
    body = {"action": "confirm_all", "_selected_action": [waiting.pk, other.pk]}

    manager.post(page(Appointment, "changelist"), body, follow=True)
    waiting.refresh_from_db()
    assert waiting.status == AppointmentStatus.CONFIRMED

    response = manager.post(page(Appointment, "changelist"), body, follow=True)
    assert [m.level_tag for m in response.context["messages"]] == ["error", "error"]
    form = manager.get(page(Appointment, "change", waiting.pk)).context["adminform"].form
    assert "status" not in form.fields


def test_appointments_have_no_delete_page(chief: Client) -> None:
    appointment = factories.AppointmentFactory()

    assert chief.get(page(Appointment, "delete", appointment.pk)).status_code == 403


@pytest.mark.parametrize("model", sorted(READ_ONLY, key=lambda m: m.__name__))
def test_read_only_records_take_no_writes(chief: Client, model: Any) -> None:
    record = MAKERS[model]()

    assert chief.post(page(model, "change", record.pk), {}).status_code == 403
    assert chief.post(page(model, "delete", record.pk), {"post": "yes"}).status_code == 403


def test_token_page_shows_no_secret_and_revokes(chief: Client) -> None:
    token = MAKERS[ApiToken]()
    ApiToken.objects.update(digest="d" * 64)

    assert "dddddddd" not in chief.get(page(ApiToken, "change", token.pk)).content.decode()
    chief.post(page(ApiToken, "changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("model", [Customer, Vehicle, Appointment, ServiceRecord, ServiceLine])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_are_exported_with_their_filters_and_logged(
    manager: Client, model: Any, kind: str
) -> None:
    MAKERS[model]()

    url = page(model, "changelist") + f"export_{kind}/"
    response = manager.get(url)

    assert response.status_code == 200
    assert b"".join(response.streaming_content)
    assert ExportLog.objects.get().rows >= 1


def test_every_read_only_list_is_exported_as_it_is_shown(chief: Client) -> None:
    factories.WorkItemFactory(customer=factories.CustomerFactory(last_name="Quist"), title="=1+1")
    for model in (m for m, a in admin.site._registry.items() if isinstance(a, ReadOnlyAdmin)):
        response = chief.get(page(model, "changelist") + "export_csv/")
        head, *rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

        assert head, model
        if model is WorkItem:
            assert head.startswith("Kind,Customer,Phone,Title,") and "Quist" in rows[0]
            assert ",'=1+1," in rows[0]


def test_export_of_a_list_that_the_role_may_not_see_is_refused(manager: Client) -> None:
    assert manager.get(page(RateBucket, "changelist") + "export_csv/").status_code == 403
    assert not ExportLog.objects.exists()


def test_export_buttons_carry_the_filters_of_the_list(manager: Client) -> None:
    factories.VehicleFactory(status="sold", is_primary_vehicle=False)
    factories.VehicleFactory(status="active")
    url = page(Vehicle, "changelist")

    buttons = manager.get(url, {"status__exact": "sold"}).context["actions_list"]
    response = manager.get(buttons[0]["path"])

    assert b"".join(response.streaming_content).count(b"\r\n") == 2
    assert ExportLog.objects.get().filters == "status__exact=sold"


def test_shop_tables_are_exported_with_formulas_disarmed(manager: Client) -> None:
    factories.OpCodeFactory(code="A1", description="=HYPERLINK(1)")

    body = {
        "format": "0",
        "resource": "",
        "opcoderesource_code": "on",
        "opcoderesource_description": "on",
    }
    response = manager.post(page(OpCode, "export"), body)

    assert b"'=HYPERLINK(1)" in response.content


def test_datetimes_are_shown_in_the_shops_zone(manager: Client) -> None:
    when = timezone.now().replace(month=1, day=15, hour=17, minute=0)
    appointment = factories.AppointmentFactory(scheduled_at=when)

    body = manager.get(page(Appointment, "change", appointment.pk)).content.decode()

    assert 'name="scheduled_at_1" value="12:00:' in body


def test_customer_with_only_other_search_is_found_by_vin(manager: Client) -> None:
    vehicle = factories.VehicleFactory()
    factories.VehicleFactory()

    response = manager.get(page(Customer, "changelist"), {"q": vehicle.vin[-8:]})

    assert [c.pk for c in response.context["cl"].result_list] == [vehicle.customer_id]


def test_customers_are_offered_by_autocomplete(manager: Client) -> None:
    customer = factories.CustomerFactory(first_name="Zebulon", last_name="Quist")
    query = {"app_label": "crm", "model_name": "vehicle", "field_name": "customer", "term": "Quist"}

    response = manager.get(reverse("admin:autocomplete"), query)

    assert [row["id"] for row in response.json()["results"]] == [str(customer.pk)]
