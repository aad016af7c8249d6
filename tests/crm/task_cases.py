"""Worlds in which `tests/jobs/test_twice.py` runs the tasks and jobs of `crm` (see there)."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.utils import timezone

from crm.models import ContactDecision, IdempotencyKey, ImportRun, RateBucket, WebhookMessage
from crm.services import import_files, imports, webhooks
from jobs.registry import local_today
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    OutboundMessageFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    UserFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    WorkItemFactory,
)

FILE = b"First name,Last name,Phone\nAnn,Lee,2055550142\nBob,Ray,2055550143\n,,nonsense\n"


def uploaded() -> ImportRun:
    run = import_files.receive(chunks=[FILE], name="customers.csv", by=None)
    return imports.match_columns(run=run, mapping=run.mapping, options={})


def a_check() -> dict[str, str]:
    run = uploaded()
    imports.request_check(run=run)
    return {"run": str(run.pk)}


def an_import() -> dict[str, str]:
    run = uploaded()
    imports.begin(run=run)
    return {"run": str(run.pk)}


def an_abandoned_upload() -> None:
    run = uploaded()
    ImportRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=8))


def old_keys_and_buckets() -> None:
    now = timezone.now()
    for name, age in (("old", timedelta(days=30)), ("new", timedelta(0))):
        IdempotencyKey.objects.create(
            owner="user:1", key=name, request_hash="0", created_at=now - age
        )
        RateBucket.objects.create(owner=name, window_start=now - age, count=1)


def a_delivery() -> dict[str, int]:
    """To a receiver in no network: the first run fails and plans the next try."""
    endpoint, _ = webhooks.create_endpoint(
        data={"url": "http://127.0.0.1:9/", "event_types": ["*"]}
    )
    return {"delivery": webhooks.send_test(endpoint=endpoint).pk}


def a_dead_endpoint() -> dict[str, str]:
    endpoint = WebhookEndpointFactory(is_active=False, created_by=UserFactory())
    return {"endpoint": str(endpoint.pk)}


def an_old_message() -> None:
    delivery = WebhookDeliveryFactory(status="failed", due_at=None)
    WebhookMessage.objects.filter(pk=delivery.message_id).update(
        created_at=timezone.now() - timedelta(days=31)
    )


def a_message() -> dict[str, str]:
    return {"message": str(OutboundMessageFactory().pk)}


def a_visit_nobody_was_told_of() -> None:
    AppointmentFactory(scheduled_at=timezone.now() + timedelta(days=1, hours=12))


def refused_work() -> None:
    record = ServiceRecordFactory(service_date=local_today() - timedelta(days=30))
    ServiceLineFactory(service_record=record, outcome="declined", reason="Too dear")
    WorkItemFactory(expires_at=timezone.now() - timedelta(days=1))


def old_decisions() -> None:
    for age in (0, settings.CONTACT_DECISION_DAYS + 1):
        ContactDecision.objects.create(
            at=timezone.now() - timedelta(days=age),
            customer=CustomerFactory(),
            channel="call",
            purpose="service",
            allowed=True,
            reason="ok",
            source="test",
        )


def old_sign_ins() -> None:
    now = timezone.now()
    for model, values in ((AccessLog, {}), (AccessAttempt, {"failures_since_start": 1})):
        for days in (0, 100):
            row = model.objects.create(username=f"mike{days}", ip_address="10.0.0.1", **values)
            model.objects.filter(pk=row.pk).update(attempt_time=now - timedelta(days=days))


TASKS = {
    "crm.send_message": a_message,
    "crm.check_import": a_check,
    "crm.import_chunk": an_import,
    "crm.send_webhook": a_delivery,
    "crm.webhook_disabled": a_dead_endpoint,
}
JOBS = {
    "crm.plan_reminders": a_visit_nobody_was_told_of,
    "crm.find_work": refused_work,
    "crm.prune_decisions": old_decisions,
    "crm.prune_api": old_keys_and_buckets,
    "crm.prune_imports": an_abandoned_upload,
    "crm.prune_sign_ins": old_sign_ins,
    "crm.prune_webhooks": an_old_message,
}
PLAIN = {}
