"""Each rule of the outreach tables holds in the database itself and has a sentence."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm import constraints, models
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CASES = [
    (factories.ConsentFactory, "contact_consents_channel_known", {"channel": "visit"}),
    (factories.ConsentFactory, "contact_consents_purpose_known", {"purpose": "gossip"}),
    (factories.ConsentFactory, "contact_consents_basis_known", {"basis": "guess"}),
    (factories.ConsentFactory, "contact_consents_says_something", {"granted_at": None}),
    (
        factories.ConsentFactory,
        "contact_consents_revoked_after_granted",
        {"granted_at": NOW, "revoked_at": NOW - timedelta(days=1)},
    ),
    (factories.ConsentFactory, "contact_consents_source_named", {"source": ""}),
    (factories.ContactAttemptFactory, "contact_attempts_channel_known", {"channel": "fax"}),
    (factories.ContactAttemptFactory, "contact_attempts_direction_known", {"direction": "up"}),
    (factories.ContactAttemptFactory, "contact_attempts_purpose_known", {"purpose": "gossip"}),
    (factories.WorkItemFactory, "work_items_kind_known", {"kind": "chore"}),
    (factories.WorkItemFactory, "work_items_purpose_known", {"purpose": "gossip"}),
    (factories.WorkItemFactory, "work_items_titled", {"title": ""}),
    (factories.WorkItemFactory, "work_items_about_somebody", {"phone": "+12055550142"}),
    (factories.WorkItemFactory, "work_items_about_somebody", {"customer": None}),
    (factories.WorkItemFactory, "work_items_about_somebody", {"customer": None, "phone": "0142"}),
    (factories.WorkItemFactory, "work_items_value_positive", {"value": -1}),
    (factories.WorkItemFactory, "work_items_reach_is_chance", {"reach": "1.001"}),
    (factories.OutboundMessageFactory, "outbound_messages_kind_known", {"kind": "poem"}),
    (factories.OutboundMessageFactory, "outbound_messages_status_known", {"status": "lost"}),
    (factories.OutboundMessageFactory, "outbound_messages_sent_when", {"status": "sent"}),
]
MODELS = (models.Consent, models.ContactAttempt, models.WorkItem, models.OutboundMessage)


@pytest.mark.parametrize(("factory", "name", "values"), CASES)
def test_rule_broken_is_refused_and_explained(factory, name, values):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factory(**values)
    refusal = constraints.explain(error.value)
    assert (refusal.code, bool(refusal.field), bool(refusal.remedy)) == (name, True, True)


def test_claim_without_end_is_refused():
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.WorkItemFactory(claimed_by=factories.UserFactory())
    assert constraints.explain(error.value).code == "work_items_claim_ends"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: factories.ContactAttemptFactory(key="k"), "contact_attempts_key_once"),
        (lambda: factories.WorkItemFactory(key="k"), "work_items_key_once"),
    ],
)
def test_key_twice_is_refused(make, name):
    make()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        make()
    assert constraints.explain(error.value).code == name


def test_message_twice_for_one_time_is_refused():
    first = factories.OutboundMessageFactory()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.OutboundMessageFactory(appointment=first.appointment)
    assert constraints.explain(error.value).code == "outbound_messages_once"


def test_every_rule_has_a_sentence():
    names = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    assert names <= set(constraints.RULES)


def test_changed_rows_know_when():
    item = factories.WorkItemFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE work_items SET tries = 1 WHERE id = %s", [item.pk])
    fresh = models.WorkItem.objects.get()
    assert fresh.updated_at > fresh.created_at


def test_decision_is_about_somebody():
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        models.ContactDecision.objects.create(
            channel="call", purpose="service", allowed=True, reason="ok", source="page"
        )
    assert constraints.explain(error.value).code == "contact_decisions_about_somebody"
