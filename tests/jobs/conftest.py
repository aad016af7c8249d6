import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection

from jobs.broker import publisher
from tests.jobs.processes import Broker
from tests.jobs.sample_tasks import CREATE


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A private Valkey that this process publishes to as well."""
    folder = Path(tempfile.mkdtemp(prefix="lw-broker-"))  # short: a socket path has 104 bytes
    server = Broker(folder)
    server.start()
    publisher.close()
    monkeypatch.setattr(current_app.conf, "broker_url", server.url)
    monkeypatch.setattr(current_app.conf, "broker_write_url", server.url)
    yield server
    publisher.close()
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sample(transactional_db: None) -> None:
    """Empty tables for the effects of the sample tasks."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
