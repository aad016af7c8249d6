"""A client that a generator writes from the schema file can be worked with (property W3)."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from crm.enums import Role
from crm.models import Appointment
from tests import factories
from tests.crm.api import make_world, next_weekday, token_for

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yaml"
NAME = "lanewise_client"

Part = Callable[[str], Any]


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """Imports a module of the client, which is written without a warning."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yaml").write_text("post_hooks: []\n")
    subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning",
            "--path", SCHEMA, "--output-path", folder / NAME, "--meta", "none",
            "--config", folder / "config.yaml",
        ],
        check=True,
        cwd=folder,
        env=os.environ | {"PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{NAME}.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_generated_client_books_moves_and_cancels_a_visit(
    part: Part, live_server: LiveServer
) -> None:
    vehicle = make_world().vehicle
    client = part("client").AuthenticatedClient(
        base_url=live_server.url,
        token=token_for(factories.UserFactory(role=Role.ADVISOR)),
        raise_on_unexpected_status=True,
    )
    models, appointments = part("models"), "api.appointments.appointments"
    slots = part("api.appointments.availability_retrieve")
    free = slots.sync(client=client, first=next_weekday().date()).results
    booked = part(f"{appointments}_create").sync(
        client=client,
        idempotency_key="once",
        body=models.BookingRequest(
            customer=vehicle.customer_id,
            vehicle=vehicle.pk,
            scheduled_at=free[0].start,
            service_type="Oil change",
        ),
    )
    assert Appointment.objects.get(pk=booked.id).scheduled_at == free[0].start
    moved = part(f"{appointments}_move_create").sync(
        str(booked.id),
        client=client,
        body=models.MoveRequest(scheduled_at=free[-1].start),
    )
    assert moved.scheduled_at == free[-1].start
    cancelled = part(f"{appointments}_cancel_create").sync(
        str(booked.id), client=client, body=models.ReasonInputRequest(reason="Car was sold")
    )
    assert cancelled.status == models.AppointmentStatusEnum.CANCELLED
    refused = part(f"{appointments}_cancel_create").sync(
        str(booked.id), client=client, body=models.ReasonInputRequest(reason="")
    )
    assert isinstance(refused, models.Problem)
