"""Every column of the seed document stands under its name, with its default."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

SEED = {
    "customers": """id phone email preferred_contact_method first_name last_name date_of_birth
        street_address city state zip_code customer_since customer_type referral_source
        preferred_service_advisor receive_reminders receive_promotions preferred_appointment_time
        notes created_at updated_at last_contact_date""",
    "vehicles": """id customer_id vin license_plate year make model trim color purchase_date
        purchased_from_us current_mileage last_service_date last_service_mileage
        next_service_due_mileage is_primary_vehicle status created_at updated_at""",
    "appointments": """id customer_id vehicle_id scheduled_at duration_minutes service_type
        service_category service_description customer_concerns recommended_services
        estimated_cost actual_cost status cancellation_reason confirmation_sent reminder_sent
        calendar_event_id assigned_technician service_bay booking_method booked_by created_at
        updated_at completed_at""",
    "service_history": """id vehicle_id appointment_id service_date mileage services_performed
        parts_replaced total_cost next_service_type next_service_due_date
        next_service_due_mileage created_at""",
}


@pytest.mark.parametrize("table", SEED)
def test_table_has_every_column_of_the_seed(table):
    assert set(SEED[table].split()) <= _columns(table)


def test_raw_insert_with_the_seeds_required_columns_gets_every_default():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers (phone, first_name, last_name)"
            " VALUES ('+12055550142', 'Sarah', 'Chen') RETURNING id"
        )
        customer = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO vehicles (customer_id, vin, year, make, model)"
            " VALUES (%s, '1FTFW1E51LFA67890', 2020, 'Ford', 'F-150') RETURNING id",
            [customer],
        )
        vehicle = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO appointments (customer_id, vehicle_id, scheduled_at, service_type)"
            " VALUES (%s, %s, now(), 'Oil change') RETURNING id",
            [customer, vehicle],
        )
        appointment = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO service_history (vehicle_id, appointment_id, service_date,"
            " services_performed) VALUES (%s, %s, CURRENT_DATE, ARRAY['Oil', 'Filter'])",
            [vehicle, appointment],
        )
        cursor.execute(
            "SELECT c.name, c.preferred_contact_method, c.customer_type, c.receive_reminders,"
            " c.receive_promotions, c.customer_since = CURRENT_DATE, v.is_primary_vehicle,"
            " v.status, v.purchased_from_us, a.duration_minutes, a.status, a.confirmation_sent,"
            " a.reminder_sent, h.services_performed"
            " FROM customers c JOIN vehicles v ON v.customer_id = c.id"
            " JOIN appointments a ON a.vehicle_id = v.id"
            " JOIN service_history h ON h.appointment_id = a.id"
        )
        assert cursor.fetchall() == [
            ("Sarah Chen", "phone", "retail", True, True, True, True, "active", False, 60,
             "scheduled", False, False, ["Oil", "Filter"])
        ]  # fmt: skip


def test_deleting_a_customer_without_history_takes_the_vehicles_along():
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH c AS (INSERT INTO customers (phone, first_name, last_name)"
            " VALUES ('+12055550142', 'Sarah', 'Chen') RETURNING id)"
            " INSERT INTO vehicles (customer_id, vin, year, make, model)"
            " SELECT id, '1FTFW1E51LFA67890', 2020, 'Ford', 'F-150' FROM c"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM customers")
        cursor.execute("SELECT count(*) FROM vehicles")
        assert cursor.fetchone() == (0,)


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
        )
        return {row[0] for row in cursor.fetchall()}
