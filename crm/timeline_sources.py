"""What `crm` itself puts on a customer's timeline: visits, service, notes, changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Field, JSONField, Model, OuterRef, QuerySet, Subquery, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.enums import AuditAction
from crm.expressions import full_name, vehicle_name
from crm.models import (
    Appointment,
    AuditEntry,
    Customer,
    CustomerNote,
    ServiceRecord,
    User,
    Vehicle,
)
from crm.templatetags.lanewise import localtime, mileage, money
from crm.timeline import Entry, NoonOf, Source, register

AUDITED = {model._meta.db_table: model for model in (Customer, Vehicle, Appointment, ServiceRecord)}
SOURCES = {
    "page": gettext_lazy("on a page"),
    "api": gettext_lazy("through the API"),
    "admin": gettext_lazy("in the admin"),
    "task": gettext_lazy("by a background job"),
    "command": gettext_lazy("by a command"),
    "import": gettext_lazy("by an import"),
    "seed": gettext_lazy("when data was generated"),
}
# Columns that hold a person's key: shown by name.
PEOPLE = ("assigned_technician", "technician_id", "preferred_service_advisor", "advisor_id")
SIDES = ("before", "after")
# Stamps and keys that say nothing to a reader.
SILENT = {"created_at", "updated_at", "batch_id", "id", "confirmation_sent", "reminder_sent"}


def _appointments(customer_id: UUID) -> QuerySet[Any]:
    return Appointment.objects.filter(customer_id=customer_id).annotate(
        entry_at=F("scheduled_at"),
        entry_data=JSONObject(
            service=F("service_type"),
            status=F("status"),
            vehicle=vehicle_name("vehicle__"),
            reason=F("cancellation_reason"),
            technician=F("assigned_technician__name"),
        ),
    )


def _appointment(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    parts = [data["vehicle"], data["technician"], data["reason"]]
    return Entry(
        at=at,
        kind="appointment",
        icon="calendar-event",
        title=data["service"],
        text=" · ".join(part.strip() for part in parts if part and part.strip()),
        url=reverse("appointment", args=[key]),
        badge=data["status"],
    )


def _services(customer_id: UUID) -> QuerySet[Any]:
    return ServiceRecord.objects.filter(customer_id=customer_id).annotate(
        entry_at=Coalesce("appointment__completed_at", NoonOf("service_date")),
        entry_data=JSONObject(
            ro=F("ro_number"),
            vehicle=vehicle_name("vehicle__"),
            mileage=F("mileage"),
            cost=F("total_cost"),
            services=F("services_performed"),
            technician=F("technician__name"),
        ),
    )


def _service(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    facts = [data["vehicle"], mileage(data["mileage"]), money(data["cost"])]
    return Entry(
        at=at,
        kind="service",
        icon="tool",
        title=", ".join(data["services"] or []) or _("Service"),
        text=" · ".join(
            fact for fact in [f"RO {data['ro']}" if data["ro"] else "", *facts] if fact
        ),
        who=data["technician"] or "",
    )


def _notes(customer_id: UUID) -> QuerySet[Any]:
    return CustomerNote.objects.filter(customer_id=customer_id).annotate(
        entry_at=F("created_at"),
        entry_data=JSONObject(text=F("text"), who=full_name("author__")),
    )


def _note(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    return Entry(
        at=at, kind="note", icon="note", title=_("Note"), text=data["text"], who=data["who"] or ""
    )


def people_names() -> RawSQL:
    """Names of the people whose keys stand in an audit entry, by key, as `changed_values` takes
    them under "people".

    As text, because the same in expressions is eight subqueries for each entry.
    """
    keys = ", ".join(f"audit_log.{side}->>'{column}'" for column in PEOPLE for side in SIDES)
    return RawSQL(  # noqa: S611  (constants only)
        f"""(
            SELECT jsonb_object_agg(people.key, people.name) FROM (
                SELECT id::text AS key, name FROM technicians
                UNION ALL
                SELECT id::text, coalesce(
                    nullif(trim(concat_ws(' ', first_name, last_name)), ''), username
                ) FROM users
            ) AS people WHERE people.key IN ({keys})
        )""",  # noqa: S608  (constants only)
        [],
        output_field=JSONField(),
    )


def _audit(customer_id: UUID) -> QuerySet[Any]:
    actor = User.objects.filter(pk=OuterRef("actor_id")).values(
        shown_name=Cast(full_name(), TextField())
    )
    return AuditEntry.objects.filter(customer_id=customer_id, table_name__in=AUDITED).annotate(
        entry_at=F("at"),
        entry_data=JSONObject(
            table=F("table_name"),
            row=F("row_id"),
            action=F("action"),
            before=F("before"),
            after=F("after"),
            who=Coalesce(Subquery(actor[:1]), Cast("actor_label", TextField())),
            source=F("source"),
            reason=F("reason"),
            people=people_names(),
        ),
    )


def _change(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    model = AUDITED[data["table"]]
    subject = str(model._meta.verbose_name)
    done = AuditAction(data["action"]).label
    source = str(SOURCES.get(data["source"], data["source"]))
    return Entry(
        at=at,
        kind="change",
        icon="history",
        title=f"{subject[:1].upper()}{subject[1:]} {done}",
        text=data["reason"] or "",
        who=" ".join(part for part in (data["who"], source) if part),
        url=reverse("appointment", args=[data["row"]]) if model is Appointment else "",
        changes=changed_values(model, data) if data["action"] == AuditAction.UPDATE else (),
    )


def changed_values(model: type[Model], data: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """(what, before, after) of an update, in words; people by name, stamps left out."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    before, after, people = data["before"] or {}, data["after"] or {}, data.get("people") or {}
    changes = []
    for column in sorted(set(after) - SILENT):
        field = fields.get(column)
        label = str(field.verbose_name) if field is not None else column
        changes.append(
            (
                label[:1].upper() + label[1:],
                _name(people, column, before) or _shown(field, before.get(column)),
                _name(people, column, after) or _shown(field, after.get(column)),
            )
        )
    return tuple(changes)


def _name(people: Mapping[str, str], column: str, values: Mapping[str, Any]) -> str:
    """The person behind the key in `column`; "" for other columns and people who are gone."""
    return people.get(str(values.get(column)), "") if column in PEOPLE else ""


def _shown(field: Field[Any, Any] | None, value: Any) -> str:
    """A stored value as a person reads it."""
    if value is None or value == "":
        return _("(empty)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(part) for part in value) or _("(empty)")
    kind = field.get_internal_type() if field is not None else ""
    if kind == "DateTimeField" and (moment := parse_datetime(str(value))):
        return localtime(moment)
    if kind == "DecimalField":
        return money(value)
    choices = dict(getattr(field, "flatchoices", ()) or ())
    return str(choices.get(value, value))


def register_sources() -> None:
    for source in (
        Source("appointment", gettext_lazy("Appointments"), "appointments:read",
               _appointments, _appointment, 10),
        Source("service", gettext_lazy("Service"), "service:read", _services, _service, 20),
        Source("note", gettext_lazy("Notes"), "customers:read", _notes, _note, 30),
        Source("change", gettext_lazy("Changes"), "audit:read", _audit, _change, 90),
    ):  # fmt: skip
        register(source)
