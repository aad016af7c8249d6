"""Generated leads into the database, with the vehicles and customers they are about."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from crm import signals
from crm.constraints import translated
from crm.context import audited
from crm.enums import BatchKind
from crm.exceptions import Duplicate, Refused
from crm.models import Appointment, Customer, DataBatch, ServiceRecord, Vehicle
from crm.seeding.columns import Ints
from crm.seeding.loader import ahead, bulk_tables, copy, fill_search
from crm.seeding.statistics import analyse
from jobs.registry import local_today
from leads.generator import Plan
from leads.loading import TABLES, Maker, batch_key
from leads.models import Lead
from leads.services import scoring
from leads.services.parameters import champion

Progress = Callable[[int], None]

_CHUNK = 5_000


def is_loaded(plan: Plan) -> bool:
    """Whether exactly the leads of `plan` are in the database."""
    return DataBatch.objects.filter(pk=batch_key(plan.seed), label=_label(plan)).exists()


def load(plan: Plan, on_progress: Progress = lambda leads: None) -> dict[str, int]:
    """Generate, score and write the leads of `plan`; the number of rows of each table.

    One transaction. `on_progress` gets the leads written since the last call. Raises Duplicate
    when leads of this seed are there already, Refused for whatever else the database does not
    take.
    """
    key = batch_key(plan.seed)
    if DataBatch.objects.filter(pk=key).exists():
        raise Duplicate(
            f"Other leads of seed {plan.seed} are in the database already.",
            remedy="Choose another seed, or remove them first with --remove.",
        )
    written = dict.fromkeys(TABLES, 0)
    parameters = champion()
    with translated(), audited(bulk_batch=str(key), defer_search="on"):
        _create_batch(key, plan)
        others = Lead.objects.open().exists()
        with bulk_tables() as was_empty, connection.wrap_database_errors:
            ids = _reserve(plan.count)
            maker = Maker(plan, parameters.values(), parameters.pk, ids)
            for number, tables in enumerate(ahead(maker.tables())):
                for table in tables:
                    copy(table)
                    written[table.name] += table.rows
                if number == 0:
                    analyse(*TABLES)
                on_progress(tables[0].rows)
        fill_search(key, everything=was_empty)
        analyse(*TABLES)
        if others:
            # The places within a cohort are among all leads, not only among the new ones.
            scoring.recompute(parameters=parameters, as_of=local_today())
        signals.announce(signals.customers_loaded, batch_id=key)
    return written


def remove(seed: int, on_progress: Progress = lambda leads: None) -> dict[str, int]:
    """Take the leads of a seed away, with their customers and vehicles, chunk by chunk; how many
    of each went.

    A customer or vehicle with an appointment or service record by now stays, outside the batch.
    Raises Refused when there is no such batch. Broken off, it can be called again.
    """
    batch = DataBatch.objects.filter(pk=batch_key(seed)).first()
    if batch is None:
        raise Refused(f"There are no leads of seed {seed} in the database.")
    visited = {"pk__in": Appointment.objects.values("vehicle")}
    serviced = {"pk__in": ServiceRecord.objects.values("vehicle")}
    guests = {"pk__in": Appointment.objects.values("customer")}
    patrons = {"pk__in": ServiceRecord.objects.values("customer")}
    vehicles = Vehicle.objects.filter(batch=batch).exclude(**visited).exclude(**serviced)
    customers = Customer.objects.filter(batch=batch).exclude(**guests).exclude(**patrons)
    removed = {
        "leads": _delete(Lead.objects.filter(batch=batch), on_progress),
        "vehicles": _delete(vehicles),
        "customers": _delete(customers.filter(vehicles=None)),
    }
    with audited(reason="Generated leads removed"):
        batch.delete()
    return removed


def _delete(rows: Any, on_progress: Progress = lambda rows: None) -> int:
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:_CHUNK]):
        with audited(reason="Generated leads removed"), translated():
            rows.model.objects.filter(pk__in=keys).delete()
        total += len(keys)
        on_progress(len(keys))
    return total


def _label(plan: Plan) -> str:
    return f"{plan.count:,} leads, seed {plan.seed}, as of {plan.as_of}"


def _create_batch(key: UUID, plan: Plan) -> None:
    DataBatch.objects.create(
        pk=key,
        kind=BatchKind.SEED,
        label=_label(plan),
        created_by="generator",
    )


def _reserve(count: int) -> Ints:
    """Keys for `count` leads that nobody else gets."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('vin_leads', 'lead_id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return np.fromiter((key for (key,) in cursor), dtype=np.int64, count=count)
