"""Claims, answers and counters in the database."""

import re
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.constraints import RULES
from crm.exceptions import Invalid
from crm.models import AuditEntry
from telephony import verification as rules
from telephony.models import (
    CallerVerification,
    CallLog,
    VerificationAttempt,
    VerificationCounter,
    VerificationUnlock,
)
from telephony.services import verification as service
from telephony.services import verification_limits as limits
from tests import factories
from tests.crm.api import together
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db

BORN = date(1984, 2, 29)
RIGHT = "February 29th 1984"
WRONG = "May 1st 1990"


def a_customer(**data: Any) -> Any:
    customer = factories.CustomerFactory(date_of_birth=BORN, **data)
    vehicle = factories.VehicleFactory(customer=customer)
    factories.ServiceRecordFactory(vehicle=vehicle, service_date=date(2026, 5, 4))
    return customer


def a_call(phone: str = "", **data: Any) -> CallLog:
    return CallLogFactory(
        status="in_progress", ended_at=None, **({"caller_phone": phone} if phone else {}), **data
    )


def test_birth_date_from_the_own_number_is_enough() -> None:
    customer = a_customer()
    call = a_call(customer.phone)
    claim = service.identify(call=call)
    standing = service.answer(claim=claim, factor="date_of_birth", said=RIGHT)
    assert standing.is_verified and standing.is_over
    assert service.verified_customer(call) == customer


def test_two_private_facts_are_enough_from_another_number() -> None:
    customer = a_customer()
    call = a_call()
    claim = service.identify(call=call, claimed=customer.phone)
    first = service.answer(claim=claim, factor="date_of_birth", said=RIGHT)
    assert not first.is_verified
    assert first.question == "last_service"
    assert service.answer(claim=claim, factor="last_service", said="oil change in May").is_verified


def test_right_and_wrong_answers_sound_alike_until_the_end() -> None:
    customer = a_customer()
    standings = []
    for said in (RIGHT, WRONG):
        claim = service.identify(call=a_call(), claimed=customer.phone)
        standings.append(service.answer(claim=claim, factor="date_of_birth", said=said))
    assert standings[0] == standings[1]


def test_unverified_caller_reads_nothing() -> None:
    call = a_call(a_customer().phone)
    with pytest.raises(service.NotVerified):
        service.verified_customer(call)
    claim = service.identify(call=call)
    service.answer(claim=claim, factor="date_of_birth", said=WRONG)
    with pytest.raises(service.NotVerified):
        service.verified_customer(call)


def test_verification_holds_for_15_minutes_in_its_own_call() -> None:
    customer = a_customer()
    call, other = a_call(customer.phone), a_call(customer.phone)
    now = timezone.now()
    service.answer(claim=service.identify(call=call), factor="date_of_birth", said=RIGHT, now=now)
    just_before = now + timedelta(minutes=15) - timedelta(seconds=1)
    assert service.verified_customer(call, now=just_before) == customer
    for late_or_elsewhere in (
        {"call": call, "now": now + timedelta(minutes=15)},
        {"call": other},
    ):
        with pytest.raises(service.NotVerified):
            service.verified_customer(**late_or_elsewhere)


def test_a_new_claim_ends_the_old_one() -> None:
    first, second = a_customer(), a_customer()
    call = a_call(first.phone)
    claim = service.identify(call=call)
    service.answer(claim=claim, factor="date_of_birth", said=RIGHT)
    service.identify(call=call, claimed=second.phone)
    with pytest.raises(service.NotVerified):
        service.verified_customer(call)
    with pytest.raises(service.NotVerified):
        service.answer(claim=claim, factor="date_of_birth", said=RIGHT)


def test_anonymised_customer_is_nobody() -> None:
    customer = a_customer()
    call = a_call(customer.phone)
    claim = service.identify(call=call)
    customer.anonymised_at = timezone.now()
    customer.save()
    assert not service.answer(claim=claim, factor="date_of_birth", said=RIGHT).is_verified


def test_withheld_number_is_nobodys() -> None:
    claim = service.identify(call=a_call("anonymous"))
    assert claim.customer is None
    assert claim.passed == []


def test_third_wrong_answer_locks_the_call() -> None:
    customer = a_customer()
    call = a_call(customer.phone)
    claim = service.identify(call=call)
    for _ in range(2):
        assert not service.answer(claim=claim, factor="date_of_birth", said=WRONG).is_locked
    assert service.answer(claim=claim, factor="date_of_birth", said=WRONG).is_locked
    late = service.answer(claim=claim, factor="date_of_birth", said=RIGHT)
    assert late == service.Standing(is_verified=False, is_locked=True, question=None)
    claim.refresh_from_db()
    assert claim.refused_answers == 1
    assert claim.locked_at is not None
    with pytest.raises(service.NotVerified):
        service.verified_customer(call)


def test_changing_the_claim_does_not_reset_the_call() -> None:
    call = a_call()
    for _ in range(3):
        claim = service.identify(call=call, claimed=a_customer().phone)
        standing = service.answer(claim=claim, factor="date_of_birth", said=WRONG)
    assert standing.is_locked


def wrong_in_new_calls(times: int, *, now: datetime | None = None, **call: Any) -> list[bool]:
    """Whether each of so many wrong answers, each in a call of its own, met a lock."""
    claimed = call.pop("claimed", None)
    met = []
    for _ in range(times):
        claim = service.identify(call=a_call(**call), claimed=claimed, now=now)
        met.append(
            service.answer(claim=claim, factor="date_of_birth", said=WRONG, now=now).is_locked
        )
    return met


@pytest.mark.parametrize("known", [True, False])
def test_fifth_wrong_answer_locks_a_customer_whoever_calls(known: bool) -> None:
    claimed = a_customer().phone if known else "+12055550199"
    assert wrong_in_new_calls(6, claimed=claimed) == [False] * 4 + [True] * 2


def test_fifth_wrong_answer_locks_a_number_whomever_it_claims() -> None:
    phone = factories.phone_number(77)
    met = []
    for _ in range(6):
        met += wrong_in_new_calls(1, phone=phone, claimed=a_customer().phone)
    assert met == [False] * 4 + [True] * 2


def test_lock_of_a_customer_ends_after_24_hours() -> None:
    customer = a_customer()
    now = timezone.now()
    wrong_in_new_calls(5, claimed=customer.phone, now=now)
    later = now + timedelta(hours=24, seconds=1)
    claim = service.identify(call=a_call(customer.phone), now=later)
    assert service.answer(claim=claim, factor="date_of_birth", said=RIGHT, now=later).is_verified


def test_right_answers_never_lock() -> None:
    customer = a_customer()
    for _ in range(7):
        claim = service.identify(call=a_call(customer.phone))
        assert service.answer(claim=claim, factor="date_of_birth", said=RIGHT).is_verified


@pytest.mark.slow
def test_of_ten_thousand_guesses_five_are_looked_at_and_no_counter_is_passed() -> None:
    """Every birth date of 27 years, the right one last, in a hundred calls from one number. The
    third answer locks the first call, the fifth of all the customer and the number."""
    customer = a_customer(phone="+12065550100")
    heard = []
    for number in range(10_000):
        if number % 100 == 0:
            claim = service.identify(call=a_call("+12065550199"), claimed=customer.phone)
        said = (BORN - timedelta(days=9_999 - number)).isoformat()
        heard.append(service.answer(claim=claim, factor="date_of_birth", said=said))
    assert [n for n, standing in enumerate(heard) if not standing.is_locked] == [0, 1, 100]
    assert not any(standing.is_verified for standing in heard)
    assert VerificationAttempt.objects.count() == rules.CUSTOMER_LIMIT
    counters = VerificationCounter.objects.exclude(failures=[]).values_list("key", "failures")
    assert sorted((key.partition(":")[0], len(failures)) for key, failures in counters) == [
        ("call", 2), ("call", 3), ("customer", 5), ("number", 5),
    ]  # fmt: skip
    claims = CallerVerification.objects.aggregate(refused=Sum("refused_answers"))
    assert claims["refused"] == 10_000 - rules.CUSTOMER_LIMIT


def test_guessing_at_everybody_a_little_takes_a_point_more_from_everybody(settings: Any) -> None:
    """One guess at each of ten customers locks nobody, but a forged number and a birth date are
    not enough any more until the day is over."""
    settings.VERIFICATION_GUARD_FAILURES = 10
    now = timezone.now()

    def opens(at: datetime, *factors: str) -> bool:
        customer = a_customer()
        claim = service.identify(call=a_call(customer.phone), now=at)
        plate = customer.vehicles.get().license_plate
        said = {"vehicle": plate, "date_of_birth": RIGHT}
        return [
            service.answer(claim=claim, factor=factor, said=said[factor], now=at).is_verified
            for factor in factors
        ][-1]

    for _ in range(9):
        wrong_in_new_calls(1, phone=factories.CustomerFactory().phone, now=now)
    assert opens(now, "date_of_birth")
    wrong_in_new_calls(1, now=now)
    assert not opens(now, "date_of_birth")
    assert opens(now, "date_of_birth", "vehicle")
    assert opens(now + timedelta(hours=24), "date_of_birth")


@pytest.mark.django_db(transaction=True)
def test_answers_at_once_are_judged_one_after_the_other() -> None:
    """Thirty guesses at once, all wrong but the last few: five are looked at."""
    customer = a_customer()
    claims = [service.identify(call=a_call(), claimed=customer.phone) for _ in range(30)]

    def guess(number: int) -> bool:
        try:
            said = WRONG
            return service.answer(claim=claims[number], factor="date_of_birth", said=said).is_locked
        finally:
            connection.close()

    locked = together(guess, 30, threads=10)
    assert VerificationAttempt.objects.count() == rules.CUSTOMER_LIMIT
    assert locked.count(False) == rules.CUSTOMER_LIMIT - 1


@pytest.mark.django_db(transaction=True)
def test_without_the_locked_row_answers_at_once_would_slip_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the same guesses when the counter is only read."""

    def only_read(claim: CallerVerification) -> dict[str, list[datetime]]:
        found = VerificationCounter.objects.filter(key__in=limits.limits_of(claim))
        counted = {row.key: row.failures for row in found}
        barrier.wait(timeout=10)
        return counted | {key: [] for key in limits.limits_of(claim) if key not in counted}

    barrier = threading.Barrier(8)
    customer = a_customer()
    claims = [service.identify(call=a_call(), claimed=customer.phone) for _ in range(8)]
    monkeypatch.setattr(service, "lock_counters", only_read)

    def guess(number: int) -> None:
        try:
            service.answer(claim=claims[number], factor="date_of_birth", said=WRONG)
        finally:
            connection.close()

    together(guess, 8, threads=8)
    assert VerificationAttempt.objects.count() == 8 > rules.CUSTOMER_LIMIT


def statements(work: Any) -> list[str]:
    """The statements that `work` makes, without their values."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    plain = (re.sub(r"'[^']*'(::\w+(\[\])?)?|\b\d+\b|NULL", "?", q["sql"]) for q in queries)
    return [re.sub(r"\(\?(, \?)*\)|s\d+_x\d+", "?", text) for text in plain]


def test_customer_and_nobody_cost_the_same_statements() -> None:
    customer = a_customer()

    def claim_and_answer(number: str, factor: str, said: str) -> Any:
        def work() -> None:
            claim = service.identify(call=call, claimed=number)
            service.answer(claim=claim, factor=factor, said=said)

        call = a_call()
        return work

    for factor in rules.QUESTIONS:
        known = statements(claim_and_answer(customer.phone, factor, WRONG))
        unknown = statements(claim_and_answer("+12055550198", factor, WRONG))
        assert known == unknown
        limits.VerificationCounter.objects.all().delete()


def test_what_was_said_is_stored_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    customer = a_customer()
    call = a_call(customer.phone)
    claim = service.identify(call=call)
    for said in ("Zanzibar 4711", "January 13th 1913", "Quagmire lane"):
        service.answer(claim=claim, factor="address", said=said)
    with connection.cursor() as cursor:
        for model in (CallerVerification, VerificationAttempt, VerificationCounter):
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{model._meta.db_table}" t')
            rows = cursor.fetchone()[0]
            assert not any(word in rows for word in ("anzibar", "1913", "uagmire"))
    assert not any(word in caplog.text for word in ("anzibar", "1913", "uagmire"))


def test_numbers_are_counted_under_keyed_digests() -> None:
    claim = service.identify(call=a_call("+12055550177"), claimed="+12055550178")
    service.answer(claim=claim, factor="address", said="x")
    keys = " ".join(VerificationCounter.objects.values_list("key", flat=True))
    assert "5550177" not in keys + claim.subject + claim.number_key
    assert "5550178" not in keys + claim.subject


def test_question_that_does_not_exist_is_refused() -> None:
    claim = service.identify(call=a_call())
    for factor in ("calling_number", "shoe_size"):
        with pytest.raises(Invalid):
            service.answer(claim=claim, factor=factor, said="yes")


def test_unlocking_lets_the_caller_answer_again_and_is_audited() -> None:
    customer = a_customer()
    manager = factories.UserFactory(role="manager")
    wrong_in_new_calls(5, claimed=customer.phone)
    claim = service.identify(call=a_call(customer.phone))
    assert service.answer(claim=claim, factor="date_of_birth", said=RIGHT).is_locked
    limits.unlock(claim=claim, by=manager, reason="Came to the desk with a passport")
    assert service.answer(claim=claim, factor="date_of_birth", said=RIGHT).is_verified
    noted = VerificationUnlock.objects.get()
    assert (noted.by, noted.customer) == (manager, customer)
    entry = AuditEntry.objects.get(table_name="verification_unlocks")
    assert entry.reason == "Came to the desk with a passport"


def test_unlocking_without_a_reason_is_refused() -> None:
    claim = service.identify(call=a_call())
    with pytest.raises(Invalid):
        limits.unlock(claim=claim, by=factories.UserFactory(), reason=" ")


def test_desk_verifies_the_same_way_with_and_without_a_call() -> None:
    customer, user = a_customer(), factories.UserFactory()
    claim = service.identify_at_desk(customer=customer, by=user)
    service.answer(claim=claim, factor="date_of_birth", said="02/29/1984")
    assert service.answer(claim=claim, factor="vehicle", said="nothing").question is not None
    plate = customer.vehicles.get().license_plate
    assert service.answer(claim=claim, factor="vehicle", said=plate).is_verified
    call = a_call(customer.phone)
    claim = service.identify_at_desk(customer=customer, by=user, call=call)
    assert service.answer(claim=claim, factor="date_of_birth", said=RIGHT).is_verified
    assert service.verified_customer(call) == customer


def test_old_claims_and_spent_counters_are_pruned() -> None:
    now = timezone.now()
    wrong_in_new_calls(1)
    claim = CallerVerification.objects.get()
    assert limits.prune(now=now, keep_days=730) == 0
    CallerVerification.objects.update(created_at=now - timedelta(days=731))
    VerificationCounter.objects.update(touched_at=now - timedelta(hours=49))
    assert limits.prune(now=now, keep_days=730) == 1 + 1 + 3
    assert not VerificationAttempt.objects.filter(verification=claim.pk).exists()


BROKEN = [
    ("caller_verifications_channel_known", {"channel": "fax"}),
    ("caller_verifications_factors_known", {"passed": ["shoe_size"]}),
    ("caller_verifications_factors_known", {"asked": ["calling_number"]}),
    ("caller_verifications_private_fact", {"verified_at": timezone.now(), "passed": ["vehicle"]}),
]


@pytest.mark.parametrize(("name", "values"), BROKEN)
def test_database_refuses_what_the_rules_of_a_claim_forbid(
    name: str, values: dict[str, Any]
) -> None:
    claim = service.identify(call=a_call())
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        CallerVerification.objects.filter(pk=claim.pk).update(**values)
    assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]
    assert name in RULES


def test_database_refuses_a_second_claim_a_strange_attempt_and_a_silent_unlock() -> None:
    call = a_call()
    claim = service.identify(call=call)
    for name, make in {
        "caller_verifications_one_claim": lambda: CallerVerification.objects.create(
            call_key=claim.call_key, subject="x", channel="agent", expires_at=timezone.now()
        ),
        "verification_attempts_factor_known": lambda: VerificationAttempt.objects.create(
            verification=claim, factor="shoe_size", passed=True
        ),
        "verification_unlocks_with_reason": lambda: VerificationUnlock.objects.create(
            verification=claim, reason=" "
        ),
    }.items():
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            make()
        assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]
        assert name in RULES
