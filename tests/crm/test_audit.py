"""The audit trail: whoever writes, whichever way, and nobody rewrites it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm import context, models
from crm.services import customers, tokens
from tests import factories

pytestmark = pytest.mark.django_db


def test_service_write_names_actor_source_and_request():
    user = factories.UserFactory(username="mike")
    customer = factories.CustomerFactory(city="Macon")
    with context.acting(actor=user, source="page", request_id="req-1"):
        customers.update_customer(customer=customer, data={"city": "Dalton"})
    entry = models.AuditEntry.objects.first()
    assert (entry.actor_id, entry.actor_label, entry.source, entry.request_id) == (
        user.pk, "mike", "page", "req-1",
    )  # fmt: skip
    assert (entry.before, entry.after) == ({"city": "Macon"}, {"city": "Dalton"})
    assert entry.customer_id == customer.pk


def test_raw_sql_write_is_audited_with_the_connections_name():
    customer = factories.CustomerFactory()
    _sql(f"UPDATE customers SET city = 'Oz' WHERE id = '{customer.pk}'")
    entry = models.AuditEntry.objects.first()
    assert (entry.after, entry.source) == ({"city": "Oz"}, "lanewise-command")


def test_actor_does_not_leak_into_the_next_write_of_the_connection():
    customer = factories.CustomerFactory()
    user = factories.UserFactory()
    with context.acting(actor=user, source="page"), context.audited():
        pass
    # The test itself runs in a transaction; a nested one shows what would stay behind.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lanewise.actor', '', true)")
    _sql(f"UPDATE customers SET city = 'Oz' WHERE id = '{customer.pk}'")
    assert models.AuditEntry.objects.first().actor_id is None


@pytest.mark.django_db(transaction=True)
def test_context_ends_with_its_transaction():
    with context.acting(label="import", source="import"), context.audited(reason="because"):
        factories.CustomerFactory()
    _sql("UPDATE customers SET city = 'Oz'")
    latest, earlier = models.AuditEntry.objects.all()[:2]
    assert (earlier.source, earlier.reason) == ("import", "because")
    assert (latest.source, latest.reason, latest.actor_label) == ("lanewise-command", "", "")


def test_update_that_changes_nothing_leaves_no_entry():
    factories.CustomerFactory(city="Macon")
    before = models.AuditEntry.objects.count()
    _sql("UPDATE customers SET city = 'Macon'")
    assert models.AuditEntry.objects.count() == before


def test_one_statement_over_many_rows_gives_an_entry_each():
    factories.CustomerFactory.create_batch(3)
    _sql("UPDATE customers SET city = 'Oz'")
    entries = models.AuditEntry.objects.filter(table_name="customers", action="update")
    assert entries.count() == 3


def test_thousands_of_rows_after_a_single_one():
    """The session keeps the plan of the single row: a loop over old and new rows, if it may."""
    one = factories.CustomerFactory()
    models.Customer.objects.filter(pk=one.pk).update(city="Macon")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lanewise.bulk_batch', 'test', true)")
        cursor.execute(
            "INSERT INTO customers (phone, first_name, last_name)"
            " SELECT '+1205' || lpad(n::text, 7, '0'), 'A', 'B' FROM generate_series(1, 2000) AS n"
        )
        cursor.execute("SET LOCAL statement_timeout = '15s'")
    models.Customer.objects.update(city="Savannah")
    assert models.AuditEntry.objects.filter(after__city="Savannah").count() == 2001


def test_no_trigger_keeps_a_plan_that_loops_over_old_and_new_rows():
    """Joins are hashed, or planned anew each time; what is called from there may loop."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig, prosrc ~ 'PERFORM' FROM pg_proc"
            " WHERE prosrc ~ 'old_rows' AND prosrc ~ 'new_rows' AND prosrc ~ 'JOIN'"
        )
        found = cursor.fetchall()
    assert {"audit_changes", "audit_calls", "search_customers_changed"} <= {row[0] for row in found}
    for name, settings, calls_others in found:
        hashed = {"enable_nestloop=off", "jit=off"} <= set(settings or ())
        assert hashed != calls_others, name


def test_bulk_insert_gives_one_entry_a_statement():
    with context.audited(bulk_batch="b-1"):
        models.Customer.objects.bulk_create(factories.CustomerFactory.build_batch(3))
    entry = models.AuditEntry.objects.get(table_name="customers")
    assert (entry.action, entry.after) == ("bulk_insert", {"rows": 3, "batch": "b-1"})


def test_delete_keeps_the_row_in_the_trail():
    customer = factories.CustomerFactory(city="Macon")
    customers.delete_customer(customer=customer)
    assert models.AuditEntry.objects.first().before["city"] == "Macon"


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET source = 'x'", "DELETE FROM audit_log"]
)
def test_trail_cannot_be_changed(statement):
    factories.CustomerFactory()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _sql(statement)


def test_updated_at_moves_with_raw_sql():
    customer = factories.CustomerFactory()
    _sql("UPDATE customers SET city = 'Oz'")
    assert models.Customer.objects.get().updated_at > customer.updated_at


def test_token_is_audited_when_made_and_revoked_but_not_when_used():
    manager = factories.UserFactory(role="manager")
    with context.acting(actor=manager, source="page"):
        token, secret = tokens.create_token(user=manager, name="Till", scopes=["customers:read"])
        tokens.revoke_token(token=token)
    models.ApiToken.objects.update(last_used_at=timezone.now())
    made, revoked = models.AuditEntry.objects.filter(table_name="api_tokens").order_by("id")
    assert (made.action, made.actor_id, made.source) == ("insert", manager.pk, "page")
    assert (made.row_id, made.after["scopes"]) == (str(token.pk), ["customers:read"])
    assert (revoked.action, revoked.before["revoked_at"]) == ("update", None)
    assert revoked.after["revoked_at"] is not None
    assert tokens.digest(secret) not in f"{made.after} {revoked.before} {revoked.after}"


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
