"""The audit trail says which task or job has written."""

import pytest

from crm import context
from crm.context import audited
from crm.models import AuditEntry, Customer
from jobs import outbox, services
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_write_of_a_task_is_attributed_to_the_task(settings, monkeypatch):
    settings.OUTBOX_PUBLISH = False
    customer = CustomerFactory()

    def rename(key: str) -> None:
        with audited():
            Customer.objects.filter(pk=key).update(first_name="Renamed")

    monkeypatch.setitem(outbox._functions, "sample.rename", rename)
    row = services.enqueue("sample.rename", args={"key": str(customer.pk)})
    assert outbox.execute(row.pk)
    entry = AuditEntry.objects.filter(action="update", table_name="customers").latest("id")
    assert (entry.source, entry.actor_label) == ("task", "sample.rename")
    assert context.current() == context.NOBODY
