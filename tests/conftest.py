"""Fixtures that every test may use, and what comes first."""

import hypothesis
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

# How long an example takes is the machine's affair: it may have other work just now.
hypothesis.settings.register_profile(
    "lanewise", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("lanewise")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A group stays with one process; begun last, it would keep the others waiting at the end.

    The tests of a group that need the database stay where pytest-django has put them.
    """
    if config.getoption("loadgroup", False):
        # pytest-xdist groups by this suffix; 3.8.0 silently fails to set it under pytest 9.2.
        lost = [
            item.nodeid
            for item in items
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid
        ]
        if lost:
            raise pytest.UsageError(f"pytest-xdist would tear groups apart: {lost[0]}")
    items.sort(key=lambda item: not (item.get_closest_marker("xdist_group") and not _has_db(item)))


def _has_db(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return bool(
        {"django_db_setup", "db", "transactional_db"} & set(fixtures)
        or item.get_closest_marker("django_db")
    )


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Argon2 is slow on purpose; tests sign in hundreds of times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Transactional tests empty every table, which the audit log refuses by itself."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_truncate")
