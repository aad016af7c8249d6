"""Contact attempts: one per key, the customer's last contact, the timeline."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.context import acting
from crm.enums import Role
from crm.exceptions import Invalid
from crm.models import ContactAttempt
from crm.services.consent import opt_out
from crm.services.contacts import record_contact
from crm.signals import contact_recorded
from crm.timeline import sources_for, timeline
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_contact_moves_the_last_contact_forward_only():
    customer, now = CustomerFactory(), timezone.now()
    record_contact(customer_id=customer.pk, channel="call", direction="inbound", at=now)
    earlier = now - timedelta(days=2)
    record_contact(customer_id=customer.pk, channel="text", direction="inbound", at=earlier)
    customer.refresh_from_db()
    assert customer.last_contact_date == now


def test_contact_of_a_known_key_is_completed_not_doubled(django_capture_on_commit_callbacks):
    heard = []
    contact_recorded.connect(receiver := lambda **keys: heard.append(keys), weak=False)
    customer = CustomerFactory()
    same = {
        "customer_id": customer.pk,
        "channel": "call",
        "direction": "outbound",
        "key": "call:1",
    }
    try:
        with django_capture_on_commit_callbacks(execute=True):
            record_contact(**same)
            record_contact(**same, outcome="no_answer", reached=False)
            record_contact(**same)
    finally:
        contact_recorded.disconnect(receiver)
    attempt = ContactAttempt.objects.get()
    assert (attempt.outcome, attempt.reached, len(heard)) == ("no_answer", False, 1)
    assert heard[0]["channel"] == "call"


def test_contact_knows_who_acted():
    ana = UserFactory()
    with acting(actor=ana, source="page"):
        mine = record_contact(
            customer_id=CustomerFactory().pk, channel="visit", direction="inbound"
        )
    assert mine.by == ana


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"direction": "sideways"}, "direction"),
        ({"purpose": "gossip"}, "purpose"),
    ],
)
def test_contact_of_an_unknown_sort_is_refused(change, field):
    whole = {"customer_id": CustomerFactory().pk, "channel": "call", "direction": "inbound"}
    with pytest.raises(Invalid) as refused:
        record_contact(**whole | change)
    assert refused.value.field == field


def test_timeline_shows_contacts_and_permissions_in_words():
    ana, customer = UserFactory(first_name="Ana", last_name="Ruiz"), CustomerFactory()
    record_contact(
        customer_id=customer.pk,
        channel="call",
        direction="outbound",
        outcome="no_answer",
        text="Rang twice",
        by=ana,
    )
    opt_out(customer=customer, source="page", channel="text", note="By letter", by=ana)
    manager = UserFactory.build(role=Role.MANAGER)
    sources = [s for s in sources_for(manager) if s.kind in ("contact", "consent")]
    (consent, contact), _ = timeline(customer.pk, sources)
    assert (contact.title, contact.text, contact.who) == (
        "Call, outbound",
        "No answer · Rang twice",
        "Ana Ruiz",
    )
    record_contact(
        customer_id=customer.pk, channel="text", direction="inbound", outcome="price_asked"
    )
    assert timeline(customer.pk, sources)[0][0].text == "Price asked"
    assert (consent.title, consent.text) == (
        "Opted out",
        "Text message: everything · Opted out · By letter",
    )
