"""What triggers do for a statement costs as its rows, also where a session planned it for none.

Statistics of empty tables, as autovacuum may take them at any moment, and a first statement with
one row are the worst that a session can meet. Rows read are counted: time depends on the machine.
"""

import pytest
from django.db import connection

from crm import models, vin
from crm.context import audited
from tests import factories

pytestmark = pytest.mark.django_db

ROWS = 1_000
READ_FOR_EACH_ROW = 20


def rows_read() -> int:
    """Rows that this transaction has read so far, by whole tables and by indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def planned_for_nothing():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    record = factories.ServiceRecordFactory(ro_number="RO1")
    models.Customer.objects.update(last_name="Before")
    models.Vehicle.objects.update(license_plate="BEF 1")
    models.ServiceRecord.objects.update(ro_number="RO2")
    with audited(bulk_batch="test"):
        yield record


def new_customers() -> list[models.Customer]:
    return models.Customer.objects.bulk_create(factories.CustomerFactory.build_batch(ROWS))


def new_vehicles() -> list[models.Vehicle]:
    return models.Vehicle.objects.bulk_create(
        factories.VehicleFactory.build(
            customer=customer,
            vin=vin.compose(
                wmi="1FT", descriptor="FW1E5", year=2020, plant="L", serial=f"{number:06d}"
            ),
            car=0,
        )
        for number, customer in enumerate(new_customers())
    )


def new_records() -> list[models.ServiceRecord]:
    return models.ServiceRecord.objects.bulk_create(
        factories.ServiceRecordFactory.build(vehicle=vehicle, customer=vehicle.customer)
        for vehicle in new_vehicles()
    )


@pytest.mark.parametrize("bring", [new_customers, new_vehicles, new_records])
def test_many_new_rows_are_read_a_few_times(planned_for_nothing, bring):
    before = rows_read()
    assert len(bring()) == ROWS
    assert rows_read() - before < READ_FOR_EACH_ROW * ROWS


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (models.Customer, {"last_name": "After"}),
        (models.Vehicle, {"license_plate": "AFT 2"}),
        (models.ServiceRecord, {"total_cost": 12}),
    ],
)
def test_many_changed_rows_are_read_a_few_times(planned_for_nothing, rows, change):
    new_records()
    before = rows_read()
    assert rows.objects.update(**change) == ROWS + 1
    assert rows_read() - before < READ_FOR_EACH_ROW * ROWS
