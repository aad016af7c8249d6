"""Free slots, on ordinary days and on the days the clocks change (T5)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm import models
from crm.exceptions import Invalid
from crm.services import appointments as book
from crm.services.availability import free_slots
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2035, 6, 5)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
CHANGES = [  # second Sunday of March, first Sunday of November
    day
    for year in range(2026, 2031)
    for day in (
        next(date(year, 3, d) for d in range(8, 15) if date(year, 3, d).weekday() == 6),
        next(date(year, 11, d) for d in range(1, 8) if date(year, 11, d).weekday() == 6),
    )
]


def slots(day=DAY, **kwargs):
    return free_slots(first=day, last=day, now=PAST, **kwargs)


def test_free_slots_of_an_empty_day_fill_the_opening_hours():
    factories.shop_with(bays=1, technicians=1)
    found = slots(duration_minutes=60)
    assert [found[0].start.time(), found[-1].end.time()] == [time(7, 30), time(18, 0)]
    assert len(found) == 20


def test_free_slots_leave_out_what_is_booked_and_offer_the_least_busy_first():
    factories.shop_with(bays=2, technicians=2)
    customer = factories.CustomerFactory()
    booked = book.book_appointment(
        customer=customer, scheduled_at=factories.shop_time(DAY, 10), service_type="Oil"
    )
    at_ten = next(s for s in slots() if s.start.hour == 10 and s.start.minute == 0)
    assert booked.service_bay_id not in at_ten.bays
    assert booked.assigned_technician_id not in at_ten.technicians
    first = slots()[0]
    assert first.bays[-1] == booked.service_bay_id


def test_free_slots_need_a_bay_and_a_technician_for_the_category():
    factories.open_all_week()
    factories.ServiceBayFactory(categories=["repair"])
    factories.TechnicianFactory(skills=["inspection"])
    assert slots(category="repair") == []


def test_free_slots_do_not_lie_in_the_past():
    factories.shop_with()
    noon = factories.shop_time(DAY, 12)
    found = free_slots(first=DAY, last=DAY, now=noon)
    assert found[0].start == noon


def test_free_slots_count_queries_does_not_grow_with_days(django_assert_num_queries):
    factories.shop_with()
    for days in (1, 30):
        with django_assert_num_queries(5):
            free_slots(first=DAY, last=DAY + timedelta(days=days), now=PAST)


@pytest.mark.parametrize(
    ("last", "minutes", "field"),
    [(DAY - timedelta(days=1), 60, "last"), (DAY + timedelta(days=92), 60, "last"),
     (DAY, 1, "duration_minutes")],
)  # fmt: skip
def test_free_slots_impossible_question_is_refused_at_the_field(last, minutes, field):
    with pytest.raises(Invalid) as refusal:
        free_slots(first=DAY, last=last, duration_minutes=minutes)
    assert refusal.value.field == field


@pytest.mark.parametrize("zone", ["America/New_York", "America/Chicago", "America/Phoenix"])
@pytest.mark.parametrize("change", CHANGES)
def test_free_slots_on_change_days_begin_at_the_opening_hour(settings, zone, change):
    settings.DEALERSHIP_TIME_ZONE = zone
    factories.shop_with(bays=1, technicians=1)
    for day in (change - timedelta(days=1), change, change + timedelta(days=1)):
        found = slots(day)
        assert found[0].start.time() == time(7, 30)
        assert len(found) == 20
        assert len({s.start.astimezone(UTC) for s in found}) == 20


def test_free_slots_open_all_night_skip_the_hour_that_is_not_and_offer_the_repeated_one_twice():
    factories.shop_with(bays=1, technicians=1)
    models.OpeningHours.objects.update(opens=time(0, 0), closes=time(6, 0))
    spring = [s.start.strftime("%H:%M") for s in slots(date(2026, 3, 8), duration_minutes=30)]
    assert "02:00" not in spring and "02:30" not in spring and len(spring) == 10
    autumn = slots(date(2026, 11, 1), duration_minutes=30)
    repeated = [s.start for s in autumn if s.start.strftime("%H:%M") == "01:30"]
    assert len(autumn) == 14
    assert len({moment.astimezone(UTC) for moment in repeated}) == 2


def test_booked_local_hour_is_kept_across_the_change():
    factories.shop_with(bays=1, technicians=1)
    zone = ZoneInfo("America/New_York")
    for day in (date(2026, 10, 31), date(2026, 11, 2)):
        ten = factories.shop_time(day, 10)
        booked = book.book_appointment(
            customer=factories.CustomerFactory(), scheduled_at=ten, service_type="Oil"
        )
        booked.refresh_from_db()
        assert booked.scheduled_at.astimezone(zone).time() == time(10, 0)


@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    minutes=st.integers(1, 48).map(lambda n: n * 10),
    taken=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=6),
)
def test_free_slots_never_overlap_what_is_booked(day, minutes, taken):
    if not models.ServiceBay.objects.exists():
        factories.shop_with(bays=1, technicians=1)
    models.Appointment.objects.all().delete()
    bay, technician = models.ServiceBay.objects.get(), models.Technician.objects.get()
    opening = factories.shop_time(day, 7, 30)
    busy = []
    for offset, length in taken:
        start = opening + timedelta(minutes=15 * offset)
        end = start + timedelta(minutes=15 * length)
        if all(end <= s or start >= e for s, e in busy):
            busy.append((start, end))
    owner = factories.CustomerFactory() if busy else None
    models.Appointment.objects.bulk_create(
        models.Appointment(
            customer=owner, scheduled_at=start, duration_minutes=(end - start).seconds // 60,
            service_type="Oil", service_bay=bay, assigned_technician=technician,
        )
        for start, end in busy
    )  # fmt: skip
    closing = factories.shop_time(day, 18)
    expected = [
        start
        for start in (opening + timedelta(minutes=30 * n) for n in range(21))
        if start + timedelta(minutes=minutes) <= closing
        and all(start + timedelta(minutes=minutes) <= s or start >= e for s, e in busy)
    ]
    found = free_slots(first=day, last=day, duration_minutes=minutes, now=PAST)
    assert [slot.start for slot in found] == expected
