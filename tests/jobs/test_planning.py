import pytest

from jobs.models import Outbox
from jobs.planning import key_ranges

pytestmark = pytest.mark.django_db


def make(number):
    return [Outbox.objects.create(task="sample.note").pk for _ in range(number)]


def test_key_ranges_of_no_rows_is_empty():
    plan = key_ranges(Outbox.objects.all(), size=3)
    assert (plan.bounds, plan.rows) == ([], 0)


@pytest.mark.parametrize(("rows", "sizes"), [(1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_key_ranges_cover_every_row_once(rows, sizes):
    keys = make(rows)
    plan = key_ranges(Outbox.objects.all(), size=3)
    found = [
        list(
            Outbox.objects.filter(pk__range=(bounds["first"], bounds["last"]))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        for bounds in plan.bounds
    ]
    assert [len(part) for part in found] == sizes
    assert [key for part in found for key in part] == keys
    assert plan.rows == rows


def test_key_ranges_respects_the_filter_and_costs_one_query(django_assert_num_queries):
    first, *_ = make(5)
    with django_assert_num_queries(1):
        plan = key_ranges(Outbox.objects.filter(pk=first))
    assert plan.bounds == [{"first": str(first), "last": str(first)}]
