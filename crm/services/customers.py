"""Customers: create, change, remark, delete, anonymise."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from crm import signals
from crm.cleaning import clean_customer
from crm.constraints import translated
from crm.context import audited
from crm.exceptions import HasHistory, Invalid
from crm.models import (
    Customer,
    CustomerNote,
    DataBatch,
    IdempotencyKey,
    ServiceRecord,
    User,
    Vehicle,
)
from crm.services import consent
from crm.services.import_files import forget_customer
from crm.services.writing import assign, locked, save_changes
from jobs.registry import local_today

WRITABLE = (
    "phone",
    "phone_extension",
    "email",
    "preferred_contact_method",
    "first_name",
    "last_name",
    "date_of_birth",
    "street_address",
    "city",
    "state",
    "zip_code",
    "customer_since",
    "customer_type",
    "referral_source",
    "preferred_service_advisor",
    "receive_reminders",
    "receive_promotions",
    "preferred_appointment_time",
    "notes",
    "last_contact_date",
)


def create_customer(*, data: Mapping[str, Any], batch: DataBatch | None = None) -> Customer:
    """A new customer from `data` (fields of WRITABLE, as people type them)."""
    customer = Customer(batch=batch)
    assign(customer, clean_customer(data), WRITABLE)
    _check_dates(customer)
    with audited(), translated():
        customer.save(force_insert=True)
        customer.refresh_from_db()
        signals.announce(signals.customer_changed, customer_id=customer.pk, created=True)
    return customer


def update_customer(
    *, customer: Customer, data: Mapping[str, Any], expected_version: datetime | None = None
) -> Customer:
    """Change the given fields; raises StaleWrite when the record moved on."""
    with audited(), translated():
        fresh = _present(locked(customer, expected_version))
        changed = assign(fresh, clean_customer(data), WRITABLE)
        _check_dates(fresh)
        save_changes(fresh, changed)
        if changed:
            signals.announce(signals.customer_changed, customer_id=fresh.pk, created=False)
    return fresh


def add_note(*, customer: Customer, author: User | None, text: str) -> CustomerNote:
    if not text.strip():
        raise Invalid("The note is empty.", field="text", remedy="Write something.")
    with audited(), translated():
        return CustomerNote.objects.create(
            customer=_present(customer), author=author, text=text.strip().replace("\x00", "")
        )


def delete_customer(*, customer: Customer) -> None:
    """Delete a customer (with vehicles) that has no appointment and no service history."""
    with audited(), translated():
        fresh = locked(customer)
        owned = Vehicle.objects.filter(customer=fresh)
        if (
            fresh.appointments.exists()
            or ServiceRecord.objects.filter(Q(customer=fresh) | Q(vehicle__in=owned)).exists()
        ):
            raise HasHistory(
                "This customer has appointments or service history.",
                remedy="Anonymise instead: the person goes, the history stays.",
            )
        fresh.delete()


def erase_customer(*, customer: Customer, reason: str) -> Customer:
    """Anonymise: nothing tells who it was any more, vehicles' history stays.

    Blanks the person's columns, the journal, free texts of the appointments and what the audit
    trail remembers of them. Plates are personal and go; VINs stay, the history hangs on them.
    """
    if not reason.strip():
        raise Invalid("Anonymising needs a reason.", field="reason", remedy="Say why.")
    with audited(reason=reason.strip(), audit_redaction="on"), translated():
        fresh = _present(locked(customer))
        now = timezone.now()
        forget_customer(fresh)
        consent.forget_customer(fresh)
        Customer.objects.filter(pk=fresh.pk).update(
            phone=f"erased-{fresh.pk.hex[:12]}",
            phone_extension="",
            email=None,
            first_name="Anonymised",
            last_name="customer",
            date_of_birth=None,
            street_address=None,
            city=None,
            zip_code=None,
            referral_source=None,
            notes=None,
            preferred_appointment_time=None,
            receive_reminders=False,
            receive_promotions=False,
            anonymised_at=now,
        )
        fresh.journal.all().delete()
        fresh.vehicles.exclude(license_plate=None).update(license_plate=None)
        fresh.appointments.update(
            customer_concerns=None, service_description=None, recommended_services=None
        )
        _redact_audit(fresh)
        # Answers that the API keeps for repeated requests show the person too.
        IdempotencyKey.objects.filter(body__contains=str(fresh.pk)).delete()
        fresh.refresh_from_db()
        signals.announce(signals.customer_erased, customer_id=fresh.pk)
    return fresh


def _redact_audit(customer: Customer) -> None:
    """Keep who changed which column when, drop the values that name a person."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE audit_log SET
                before = (SELECT jsonb_object_agg(k, '"(anonymised)"'::jsonb)
                          FROM jsonb_object_keys(before) AS k),
                after = (SELECT jsonb_object_agg(k, '"(anonymised)"'::jsonb)
                         FROM jsonb_object_keys(after) AS k)
            WHERE customer_id = %s
               OR (table_name = 'customers' AND row_id = %s)
            """,
            [customer.pk, str(customer.pk)],
        )


def _present(customer: Customer) -> Customer:
    if customer.is_anonymised:
        raise Invalid(
            "This customer was anonymised and cannot be changed.", remedy="Create a new one."
        )
    return customer


def _check_dates(customer: Customer) -> None:
    today = local_today()
    if customer.date_of_birth and customer.date_of_birth > today:
        raise Invalid(
            "The date of birth is in the future.", field="date_of_birth", remedy="Check the year."
        )
    # The column's own default is the day in UTC, in the evening the dealership's tomorrow.
    latest = max(today, timezone.now().date())
    if customer.customer_since and customer.customer_since > latest:
        raise Invalid(
            "“Customer since” is in the future.", field="customer_since", remedy="Check the date."
        )
