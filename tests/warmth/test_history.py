"""History is written for every change, whichever way it came, and by nothing but the database."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from crm.context import acting, audited
from crm.enums import Role
from jobs.registry import local_today
from tests.crm.api import client_of
from tests.crm.pages import signed_in
from tests.factories import CustomerFactory, UserFactory
from tests.jobs.killing import session
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, CustomerWarmthHistory
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db


def rows(warmth: CustomerWarmth) -> list[tuple]:
    """(score, level, change, cause), oldest first."""
    return list(
        CustomerWarmthHistory.objects.filter(customer_warmth=warmth)
        .order_by("id")
        .values_list(
            "warmth_score_snapshot", "warmth_level_snapshot", "score_change", "change_trigger"
        )
    )


CREATED = (Decimal("40.00"), "cool", Decimal("40.00"), "created")
RAISED = (Decimal("61.00"), "warm", Decimal("21.00"), "direct_update")


def by_save(warmth):
    warmth.overall_warmth_score = 61
    warmth.save()


def by_update(warmth):
    CustomerWarmth.objects.filter(pk=warmth.pk).update(overall_warmth_score=61)


def by_bulk_update(warmth):
    warmth.overall_warmth_score = 61
    CustomerWarmth.objects.bulk_update([warmth], ["overall_warmth_score"])


def by_update_or_create(warmth):
    CustomerWarmth.objects.update_or_create(
        customer=warmth.customer, defaults={"overall_warmth_score": 61}
    )


def by_upsert(warmth):
    CustomerWarmth.objects.bulk_create(
        [CustomerWarmth(customer=warmth.customer, overall_warmth_score=61)],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["overall_warmth_score"],
    )


def by_sql(warmth):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customer_warmth SET overall_warmth_score = 61")


def by_update_from(warmth):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customer_warmth AS w SET overall_warmth_score = v.score"
            " FROM (SELECT id, 61 AS score FROM customers) AS v WHERE v.id = w.customer_id"
        )


def by_merge(warmth):
    with connection.cursor() as cursor:
        cursor.execute(
            "MERGE INTO customer_warmth AS w USING customers AS c ON c.id = w.customer_id"
            " WHEN MATCHED THEN UPDATE SET overall_warmth_score = 61"
        )


def by_admin(warmth):
    """As its form would save, had it any field that may be written."""
    warmth.overall_warmth_score = 61
    admin.site.get_model_admin(CustomerWarmth).save_model(None, warmth, form=None, change=True)


@pytest.mark.parametrize(
    "write",
    [by_admin, by_save, by_update, by_bulk_update, by_update_or_create, by_upsert, by_sql,
     by_update_from, by_merge],
)  # fmt: skip
def test_each_way_of_changing_a_score_writes_one_row(write):
    warmth = CustomerWarmthFactory()
    write(warmth)
    assert rows(warmth) == [CREATED, RAISED]


def by_page(customer):
    data = {"component": "engagement", "value": "90", "reason": "Knows her"}
    data["expires_on"] = local_today().isoformat()
    assert signed_in().post(reverse("warmth:adjust", args=[customer.pk]), data).status_code == 302


def by_api(customer):
    body = {"engagement_score": 90, "reason": "Knows her"}
    answer = client_of(Role.SALES).put(f"/api/customers/{customer.pk}/warmth", body)
    assert answer.status_code == 200


@pytest.mark.parametrize(("write", "source"), [(by_page, "page"), (by_api, "api")])
def test_page_and_api_write_one_row_that_names_them(write, source):
    warmth = CustomerWarmthFactory(overall_warmth_score=0)
    recompute_customers([warmth.customer_id])
    before = warmth.history.count()
    write(warmth.customer)
    row = warmth.history.latest("id")
    assert warmth.history.count() == before + 1
    assert (row.source, row.change_trigger, row.score_change) == (source, "manual_adjustment", 18)
    assert row.change_description == "Engagement: Knows her"


@pytest.mark.django_db(transaction=True)
def test_psql_writes_one_row_that_names_it():
    warmth = CustomerWarmthFactory()
    with session(application_name="psql") as psql:
        psql.execute("UPDATE customer_warmth SET overall_warmth_score = 61")
        psql.commit()
    assert rows(warmth) == [CREATED, RAISED]
    assert warmth.history.latest("id").source == "psql"


def test_bulk_create_and_copy_write_the_first_row():
    one, other = CustomerFactory(), CustomerFactory()
    CustomerWarmth.objects.bulk_create([CustomerWarmth(customer=one, overall_warmth_score=40)])
    copy = "COPY customer_warmth (customer_id, overall_warmth_score) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy) as lines:
        lines.write_row((other.pk, 40))
    for warmth in CustomerWarmth.objects.all():
        assert rows(warmth) == [CREATED]


def test_writing_the_same_score_writes_nothing():
    warmth = CustomerWarmthFactory()
    CustomerWarmth.objects.update(overall_warmth_score=40, warmth_notes="called")
    assert rows(warmth) == [CREATED]


def test_level_written_against_the_score_is_put_right_without_history():
    warmth = CustomerWarmthFactory()
    CustomerWarmth.objects.update(warmth_level="hot")
    warmth.refresh_from_db()
    assert warmth.warmth_level == "cool"
    assert rows(warmth) == [CREATED]


def test_ten_thousand_rows_in_one_statement_after_a_single_one():
    """The session keeps the plan of the single row: a loop over old and new rows, if it may, which
    takes minutes for thousands."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("UPDATE customer_warmth SET overall_warmth_score = 50")
        cursor.execute("SET LOCAL statement_timeout = '30s'")
        cursor.execute("SELECT set_config('lanewise.bulk_batch', 'test', true)")
        cursor.execute(
            "INSERT INTO customers (phone, first_name, last_name)"
            " SELECT '+1205' || lpad(n::text, 7, '0'), 'A', 'B' FROM generate_series(1, 10000) AS n"
        )
        cursor.execute("INSERT INTO customer_warmth (customer_id) SELECT id FROM customers")
        cursor.execute("UPDATE customer_warmth SET overall_warmth_score = 61")
    found = CustomerWarmthHistory.objects.filter(warmth_score_snapshot=61, score_change=61)
    assert found.count() == 10_000
    assert CustomerWarmthHistory.objects.count() == 20_000


def test_rolled_back_change_leaves_no_history():
    warmth = CustomerWarmthFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        by_update(warmth)
        raise RuntimeError
    assert rows(warmth) == [CREATED]


def test_cause_and_actor_travel_with_the_transaction():
    user = UserFactory(username="sam")
    warmth = CustomerWarmthFactory()
    with acting(actor=user, source="page"), audited(warmth_trigger="promised", reason="Said so"):
        by_update(warmth)
    row = warmth.history.latest("id")
    assert (row.change_trigger, row.change_description) == ("promised", "Said so")
    assert (row.actor_id, row.actor_label, row.source) == (user.pk, "sam", "page")


def test_causes_may_differ_by_customer():
    events = WarmthEventFactory.create_batch(2)
    causes = {events[0].customer_id: ("inquiry", "About an Accord")}
    recompute_customers([e.customer_id for e in events], trigger="imported", causes=causes)
    found = {row.customer_warmth.customer_id: row for row in CustomerWarmthHistory.objects.all()}
    first, second = (found[event.customer_id] for event in events)
    assert (first.change_trigger, first.change_description) == ("inquiry", "About an Accord")
    assert (second.change_trigger, second.change_description) == ("imported", "")


def test_cause_does_not_outlive_the_calculation():
    warmth = CustomerWarmthFactory()
    recompute_customers([warmth.customer_id], trigger="inquiry")
    by_update(warmth)
    assert rows(warmth)[-1][3] == "direct_update"


@pytest.mark.parametrize("table", ["customer_warmth_history", "customer_warmth_history_archive"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET score_change = 0", "DELETE FROM {}"])
def test_history_is_never_changed(table, statement):
    CustomerWarmthFactory()
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_history_goes_with_its_customer():
    warmth = CustomerWarmthFactory()
    warmth.customer.delete()
    assert not CustomerWarmthHistory.objects.exists()


def test_views_read_the_archive():
    warmth = CustomerWarmthFactory()
    ArchivedWarmthHistory.objects.create(
        id=1,
        customer_warmth=warmth,
        warmth_score_snapshot=50,
        warmth_level_snapshot="lukewarm",
        score_change=50,
        change_trigger="old",
        created_at=timezone.now() - timedelta(days=3),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT change_triggers FROM warmth_trends ORDER BY trend_date")
        assert cursor.fetchall() == [("old",), ("created",)]


def test_adjustments_are_audited_and_scores_are_not():
    warmth = CustomerWarmthFactory()
    CustomerWarmth.objects.update(overall_warmth_score=50)
    CustomerWarmth.objects.update(engagement_score=70)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, after #>> '{manual_adjustments,engagement,value}'"
            " FROM audit_log WHERE table_name = 'customer_warmth'"
        )
        assert cursor.fetchall() == [(warmth.customer_id, "70.00")]
