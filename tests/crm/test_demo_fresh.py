"""The demonstration commands on a database that has no demonstration."""

import io
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from crm import demo, models
from jobs.registry import shop_zone
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CUSTOMERS", 200)


def run(command: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(command, stdout=output, **options)
    return output.getvalue()


@pytest.mark.parametrize(
    "clock",
    [(4, 0, 5), (4, 8, 0), (4, 23, 50), (6, 15, 0), (7, 11, 0)],
    ids=["midnight", "opening", "night", "saturday", "sunday"],
)
def test_shop_is_alive_at_any_hour(clock: tuple[int, int, int]) -> None:
    day, hour, minute = clock
    moment = datetime(2026, 6, day, hour, minute, tzinfo=shop_zone())
    with time_machine.travel(moment, tick=False):
        run("seed_demo")
        visits = list(models.Appointment.objects.on_day(moment.date()))
        late = models.Appointment.objects.late(moment).count()
    statuses = {visit.status for visit in visits}
    assert {"arrived", "in_progress", "completed", "no_show", "cancelled"} <= statuses
    assert late <= 1
    for visit in visits:
        for instant in (visit.arrived_at, visit.started_at, visit.completed_at):
            assert instant is None or instant <= moment


def test_if_empty_leaves_a_used_database_alone() -> None:
    CustomerFactory()
    assert "nothing was done" in run("seed_demo", if_empty=True)
    assert not demo.exists()


def test_production_is_refused(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production") as refused:
        run("seed_demo")
    assert refused.value.returncode == 2
    assert not demo.exists()


def test_user_name_of_a_real_person_is_refused() -> None:
    UserFactory(username="mike")
    with pytest.raises(CommandError, match="mike") as refused:
        run("seed_demo")
    assert refused.value.returncode == 2
    assert not models.ServiceBay.objects.exists()


def test_nothing_to_remove_says_so() -> None:
    assert run("remove_demo") == "There is no demonstration data.\n"


def test_parts_of_other_apps_are_built_in_order_and_removed_backwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []

    def part(name: str, position: int) -> demo.Part:
        return demo.Part(
            name,
            build=lambda batch: called.append(f"build {name}") or {name: 1},
            remove=lambda customers, vehicles: called.append(f"remove {name}") or {name: 2},
            position=position,
        )

    monkeypatch.setattr(demo, "_parts", {})
    demo.register(part("second", 20))
    demo.register(part("first", 10))
    assert demo.build()["second"] == 1
    assert demo.remove()["first"] == 2
    assert called == ["build first", "build second", "remove second", "remove first"]
