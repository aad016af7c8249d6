"""What `crm` registers for outreach when it starts: e-mail, timeline, the card of permissions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import demo_consents, outbound, panels, timeline
from crm.constraints import register_rules
from crm.dispositions import DISPOSITIONS
from crm.enums import Channel, ConsentBasis, ContactPurpose, Direction
from crm.exceptions import Duplicate, Invalid, Refused
from crm.expressions import full_name
from crm.mailing import send_mail
from crm.models import Consent, ContactAttempt, Customer

RULES: dict[str, tuple[type[Refused], str | None, str, str]] = {
    "contact_consents_channel_known": (
        Invalid, "channel", "Unknown channel.", "Choose call, ai_call, text, email or leave empty.",
    ),
    "contact_consents_purpose_known": (
        Invalid, "purpose", "Unknown purpose.",
        "Choose service, reminder, callback, marketing or leave empty.",
    ),
    "contact_consents_basis_known": (
        Invalid, "basis", "Unknown basis.",
        "Choose written, spoken, online, opt_out or do_not_call.",
    ),
    "contact_consents_says_something": (
        Invalid, "granted_at", "A statement agrees or withdraws.", "Give the time of one.",
    ),
    "contact_consents_revoked_after_granted": (
        Invalid, "revoked_at", "Withdrawn before it was given.", "Check both times.",
    ),
    "contact_consents_source_named": (
        Invalid, "source", "Where it was said is missing.", "Say page, call, text, letter …",
    ),
    "contact_consents_append_only": (
        Invalid, None, "The consent ledger takes new statements only.", "Add a new one.",
    ),
    "contact_attempts_key_once": (
        Duplicate, "key", "This contact is on record.", "Nothing is to be done.",
    ),
    "contact_attempts_channel_known": (
        Invalid, "channel", "Unknown channel.", "Choose call, ai_call, text, email or visit.",
    ),
    "contact_attempts_direction_known": (
        Invalid, "direction", "Unknown direction.", "Choose inbound or outbound.",
    ),
    "contact_attempts_purpose_known": (
        Invalid, "purpose", "Unknown purpose.",
        "Choose service, reminder, callback or marketing.",
    ),
    "work_items_key_once": (
        Duplicate, "key", "This work is on the list.", "Change the existing item.",
    ),
    "work_items_kind_known": (Invalid, "kind", "Unknown kind of work.", "Choose a listed one."),
    "work_items_purpose_known": (
        Invalid, "purpose", "Unknown purpose.",
        "Choose service, reminder, callback or marketing.",
    ),
    "work_items_about_somebody": (
        Invalid, "customer", "Work is about a customer or a number.", "Give one of the two.",
    ),
    "contact_decisions_about_somebody": (
        Invalid, "customer", "A decision is about a customer or a number.", "Give one of the two.",
    ),
    "work_items_titled": (Invalid, "title", "Work needs a title.", "Say what it is about."),
    "work_items_value_positive": (
        Invalid, "value", "A value cannot be negative.", "Check the amount.",
    ),
    "work_items_reach_is_chance": (
        Invalid, "reach", "A chance lies between 0 and 1.", "Check it.",
    ),
    "work_items_claim_ends": (
        Invalid, "claimed_until", "A claim needs an end.", "Give its time.",
    ),
    "outbound_messages_once": (
        Duplicate, None, "This message is planned already.", "Nothing is to be done.",
    ),
    "outbound_messages_kind_known": (
        Invalid, "kind", "Unknown kind of message.", "Choose confirmation or reminder.",
    ),
    "outbound_messages_status_known": (
        Invalid, "status", "Unknown status of a message.", "Choose a listed one.",
    ),
    "outbound_messages_sent_when": (
        Invalid, "sent_at", "A sent message needs its time.", "Give it.",
    ),
}  # fmt: skip
ICONS = {"call": "phone", "ai_call": "robot", "text": "message", "email": "mail", "visit": "user"}


_told_elsewhere: set[str] = set()


def tell_contacts_elsewhere(prefix: str) -> None:
    """Leave contacts whose key begins with `prefix` to the timeline source of the app that made
    them, which knows more of them. Called from `AppConfig.ready`."""
    _told_elsewhere.add(prefix)


def _contacts(customer_id: UUID) -> QuerySet[Any]:
    rows = ContactAttempt.objects.filter(customer_id=customer_id)
    for prefix in sorted(_told_elsewhere):
        rows = rows.exclude(key__startswith=prefix)
    return rows.annotate(
        entry_at=F("at"),
        entry_data=JSONObject(
            channel=F("channel"),
            direction=F("direction"),
            outcome=F("outcome"),
            text=F("text"),
            who=full_name("by__"),
        ),
    )


def _contact(at: datetime, key: str, data: dict[str, Any]) -> timeline.Entry:
    known = DISPOSITIONS.get(data["outcome"])
    # Outcomes of other apps and of API clients are codes such as `appointment_booked`.
    outcome = known.label if known else data["outcome"].replace("_", " ").capitalize()
    return timeline.Entry(
        at=at,
        kind="contact",
        icon=ICONS[data["channel"]],
        title=f"{Channel(data['channel']).label}, {Direction(data['direction']).label.lower()}",
        text=" · ".join(part for part in (outcome, data["text"]) if part),
        who=data["who"] or "",
    )


def _consents(customer_id: UUID) -> QuerySet[Any]:
    return Consent.objects.filter(customer_id=customer_id).annotate(
        entry_at=Coalesce("revoked_at", "granted_at"),
        entry_data=JSONObject(
            channel=F("channel"),
            purpose=F("purpose"),
            basis=F("basis"),
            note=F("note"),
            revoked=F("revoked_at"),
            who=full_name("recorded_by__"),
        ),
    )


def _consent(at: datetime, key: str, data: dict[str, Any]) -> timeline.Entry:
    return timeline.Entry(
        at=at,
        kind="consent",
        icon="shield-x" if data["revoked"] else "shield-check",
        title=_("Opted out") if data["revoked"] else _("Consent"),
        text=" · ".join(
            part
            for part in (
                describe_scope(data["channel"], data["purpose"]),
                str(ConsentBasis(data["basis"]).label),
                data["note"],
            )
            if part
        ),
        who=data["who"] or "",
    )


def describe_scope(channel: str, purpose: str) -> str:
    """Channel and purpose of a statement in words."""
    over = Channel(channel).label if channel else _("all channels")
    about = ContactPurpose(purpose).label.lower() if purpose else _("everything")
    return f"{over}: {about}"


def _panel(customer: Customer) -> dict[str, Any] | None:
    """The card loads itself, so the page pays no query for it."""
    return None if customer.is_anonymised else {"customer": customer}


def register_outreach() -> None:
    register_rules(RULES)
    demo_consents.register_part()
    outbound.register(Channel.EMAIL, send_mail)
    timeline.register(
        timeline.Source("contact", gettext_lazy("Contacts"), "work:read", _contacts, _contact, 25)
    )
    timeline.register(
        timeline.Source(
            "consent", gettext_lazy("Permissions"), "consent:read", _consents, _consent, 80
        )
    )
    panels.register(
        panels.Panel(
            "consent", "crm/_consent_panel.html", "consent:read", _panel, position=20, wide=True
        )
    )
