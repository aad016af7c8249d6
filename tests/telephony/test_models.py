"""The tables of calls: the seed's columns, defaults, rules with a sentence, time stamps."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm import constraints
from crm.models import AuditEntry
from telephony import models
from telephony.models import CallLog
from tests.factories import CustomerFactory
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db

SEED = """id call_sid customer_id direction caller_phone call_type duration_seconds recording_url
    transcript customer_sentiment intent_detected issue_resolved appointment_id outcome
    llm_model_used total_tokens_used created_at ended_at"""

LONG_AGO = timezone.now() - timedelta(days=900)
CALL: list[tuple[str, dict[str, Any]]] = [
    ("call_logs_provider_known", {"provider": "fax"}),
    ("call_logs_direction_known", {"direction": "sideways"}),
    ("call_logs_phone_e164", {"caller_phone": "205-555-0142"}),
    ("call_logs_type_known", {"call_type": "magic"}),
    ("call_logs_status_known", {"status": "maybe", "ended_at": None}),
    ("call_logs_sentiment_known", {"customer_sentiment": "angry"}),
    ("call_logs_outcome_known", {"outcome": "magic"}),
    ("call_logs_answered_by_known", {"answered_by": "cat"}),
    ("call_logs_consent_known", {
        "recording_consent": "so so", "recording_consent_at": LONG_AGO, "recording_consent_by": "x",
    }),
    ("call_logs_consent_by_whom", {"recording_consent": "given"}),
    ("call_logs_refused_not_recorded", {
        "recording_consent": "refused", "recording_consent_at": LONG_AGO,
        "recording_consent_by": "caller", "transcript": "Hello",
    }),
    ("call_logs_duration_positive", {"duration_seconds": -1}),
    ("call_logs_recording_positive", {"recording_seconds": -1}),
    ("call_logs_tokens_positive", {"total_tokens_used": -1}),
    ("call_logs_ends_after_start", {"ended_at": LONG_AGO}),
    ("call_logs_answered_after_start", {"answered_at": LONG_AGO}),
    ("call_logs_open_has_no_end", {"status": "ringing", "ended_at": timezone.now()}),
]  # fmt: skip
OTHERS: list[tuple[str, Any, dict[str, Any]]] = [
    ("provider_events_provider_known", ProviderEventFactory, {"provider": "fax"}),
    ("provider_events_kind_known", ProviderEventFactory, {"kind": "magic"}),
    ("call_accesses_what_known", CallAccessFactory, {"what": "smell"}),
]


def sql(statement: str, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def test_call_logs_has_every_column_of_the_seed() -> None:
    columns = sql(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'call_logs'"
    )
    assert set(SEED.split()) <= {name for (name,) in columns}


def test_raw_insert_with_the_seeds_required_columns_gets_every_default() -> None:
    sql(
        "INSERT INTO call_logs (call_sid, direction, caller_phone)"
        " VALUES ('CA1', 'inbound', '+12055550142')"
    )
    call = CallLog.objects.get()
    assert (call.provider, call.status, call.is_voicemail) == ("manual", "completed", False)
    assert call.started_at == call.created_at
    assert call.recording_consent == "unknown"


def test_raw_insert_with_every_column_of_the_seed_stands() -> None:
    customer = CustomerFactory()
    sql(
        "INSERT INTO call_logs (call_sid, customer_id, direction, caller_phone, call_type,"
        " duration_seconds, recording_url, transcript, customer_sentiment, intent_detected,"
        " issue_resolved, outcome, llm_model_used, total_tokens_used, created_at, ended_at)"
        " VALUES ('CA2', %s, 'outbound', '+12055550143', 'reminder', 90, 'https://example.com/r',"
        " 'Hello', 'positive', 'appointment reminder', TRUE, 'information_provided', 'model', 812,"
        " '2025-03-01 10:00Z', '2025-03-01 10:01:30Z')",
        [customer.pk],
    )
    call = CallLog.objects.get()
    assert call.started_at.isoformat() == "2025-03-01T10:00:00+00:00"


@pytest.mark.parametrize(("name", "values"), CALL, ids=[name for name, _ in CALL])
def test_rule_of_calls_holds_in_the_database(name: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        CallLogFactory(**values)
    refusal = constraints.explain(error.value)
    assert (refusal.code, bool(refusal.remedy)) == (name, True)


@pytest.mark.parametrize(("name", "maker", "values"), OTHERS, ids=[name for name, *_ in OTHERS])
def test_rule_of_other_tables_holds(name: str, maker: Any, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        maker(**values)
    assert constraints.explain(error.value).code == name


def test_call_sid_is_unique_within_its_provider_and_may_be_missing() -> None:
    CallLogFactory(call_sid="CA7")
    CallLogFactory(call_sid="CA7", provider="simulator")
    CallLogFactory.create_batch(2, call_sid=None, provider="manual")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        CallLogFactory(call_sid="CA7")
    assert constraints.explain(error.value).field == "call_sid"


def test_event_is_kept_once() -> None:
    ProviderEventFactory(event_key="k")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        ProviderEventFactory(event_key="k")
    assert constraints.explain(error.value).code == "provider_events_once"


def test_every_constraint_has_a_sentence() -> None:
    named = {
        constraint.name
        for model in (models.CallLog, models.ProviderEvent, models.CallAccess)
        for constraint in model._meta.constraints
    }
    assert named <= set(constraints.RULES)


def test_audit_keeps_decisions_about_a_call_but_no_words_of_it() -> None:
    call = CallLogFactory()
    call.outcome = "wrong_number"
    call.transcript = "my birth date is the first of May"
    call.save()
    entry = AuditEntry.objects.get(table_name="call_logs")
    assert entry.after == {"outcome": "wrong_number"}


def test_write_moves_the_time_stamp() -> None:
    call = CallLogFactory()
    before = call.updated_at
    CallLog.objects.filter(pk=call.pk).update(outcome="wrong_number")
    call.refresh_from_db()
    assert call.updated_at != before


def test_missed_call_is_one_that_came_in_and_nobody_answered() -> None:
    missed = CallLogFactory(answered_by=None)
    CallLogFactory()
    CallLogFactory(answered_by=None, direction="outbound")
    CallLogFactory(answered_by=None, provider="manual")
    CallLogFactory(answered_by=None, status="ringing")
    assert list(CallLog.objects.missed()) == [missed]
    assert [call.is_missed for call in CallLog.objects.order_by("created_at")].count(True) == 1
