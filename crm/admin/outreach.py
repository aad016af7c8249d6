"""Permissions, contacts and work: to look at. The pages and the API write them."""

from django.contrib import admin

from crm.admin.base import ReadOnlyAdmin
from crm.models import Consent, ContactAttempt, ContactDecision, OutboundMessage, WorkItem


class CustomerColumn(ReadOnlyAdmin):
    """A table that hangs on a customer."""

    list_select_related: tuple[str, ...] = ("customer",)
    search_fields: tuple[str, ...] = ("customer__phone__exact", "customer__email__exact")


@admin.register(Consent)
class ConsentAdmin(CustomerColumn):
    capability = "consent:read"
    list_display = (
        "created_at", "customer", "channel", "purpose", "basis", "source", "granted_at",
        "revoked_at",
    )  # fmt: skip
    list_filter = ("channel", "purpose", "basis")
    search_fields = ("phone__exact", "email__exact")
    ordering = ("-created_at",)


@admin.register(ContactAttempt)
class ContactAttemptAdmin(CustomerColumn):
    capability = "work:read"
    list_display = ("at", "customer", "channel", "direction", "purpose", "outcome", "by")
    list_filter = ("channel", "direction", "purpose")
    list_select_related = ("customer", "by")
    ordering = ("-at",)


@admin.register(ContactDecision)
class ContactDecisionAdmin(CustomerColumn):
    capability = "consent:read"
    list_display = (
        "at", "customer", "phone", "channel", "purpose", "allowed", "reason", "allowed_from",
        "source",
    )  # fmt: skip
    list_filter = ("allowed", "channel", "purpose")
    ordering = ("-id",)


@admin.register(WorkItem)
class WorkItemAdmin(CustomerColumn):
    capability = "work:read"
    list_display = (
        "kind", "customer", "phone", "title", "rank", "barred", "due_at", "claimed_by", "outcome",
        "closed_at",
    )  # fmt: skip
    list_filter = ("kind", "purpose")
    list_select_related = ("customer", "claimed_by")
    search_fields = ("key__exact", "customer__phone__exact", "phone__exact")
    ordering = ("-rank", "-id")


@admin.register(OutboundMessage)
class OutboundMessageAdmin(ReadOnlyAdmin):
    capability = "work:read"
    list_display = ("due_at", "kind", "appointment", "status", "channel", "sent_at", "explanation")
    list_filter = ("status", "kind", "channel")
    list_select_related = ("appointment",)
    search_fields = ("appointment__customer__phone__exact",)
    ordering = ("-due_at",)
