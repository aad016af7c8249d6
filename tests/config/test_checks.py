import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config import checks
from tests.factories import UserFactory

GOOD_KEY = "k3Qz8nVt5LxPa0WdYcHs7RmUb2GfJe9TiOo4NqKvXhZyCl6SgDwB"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def production(settings: Any) -> Any:
    settings.LANEWISE_ENV = "production"
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = GOOD_KEY
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    return settings


def found_ids(*results: list[Any]) -> list[str]:
    return [item.id for result in results for item in result]


def test_settings_good_production_passes(production: Any) -> None:
    assert found_ids(checks.production_settings(None), checks.servers(None)) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "lanewise-development-key-never-for-production", "lanewise.E001"),
        ("SECRET_KEY", "short", "lanewise.E001"),
        ("SECRET_KEY", "a" * 60, "lanewise.E001"),
        ("DEBUG", True, "lanewise.E002"),
        ("ALLOWED_HOSTS", [], "lanewise.E003"),
        ("ALLOWED_HOSTS", ["*"], "lanewise.E003"),
        ("ALLOWED_HOSTS", ["crm.example.com", "*.example.com"], "lanewise.E003"),
        ("LANEWISE_ENV", "prod", "lanewise.E009"),
    ],
)
def test_settings_unsafe_production_is_refused_with_hint(
    production: Any, name: str, value: Any, expected: str
) -> None:
    setattr(production, name, value)
    problems = checks.production_settings(None)
    assert found_ids(problems) == [expected]
    assert problems[0].hint


@pytest.mark.parametrize(("required", "expected"), [(True, []), (False, ["lanewise.W001"])])
def test_second_factor_off_in_production_warns(
    production: Any, required: bool, expected: list[str]
) -> None:
    production.SECOND_FACTOR_REQUIRED = required
    assert found_ids(checks.second_factor(None)) == expected


def test_settings_unsafe_development_passes(settings: Any) -> None:
    settings.DEBUG = True
    assert checks.production_settings(None) == []


@pytest.mark.parametrize("zone", ["New York", "", "../etc/passwd", "America"])
def test_zone_unknown_is_refused(settings: Any, zone: str) -> None:
    settings.DEALERSHIP_TIME_ZONE = zone
    assert found_ids(checks.dealership(None)) == ["lanewise.E005"]


@pytest.mark.parametrize("currency", ["usd", "$", "", "DOLLAR"])
def test_currency_without_code_is_refused(settings: Any, currency: str) -> None:
    settings.DEALERSHIP_CURRENCY = currency
    assert found_ids(checks.dealership(None)) == ["lanewise.E006"]


def test_proxy_count_negative_is_refused(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = -1
    assert found_ids(checks.servers(None)) == ["lanewise.E007"]


@pytest.mark.parametrize("url", ["localhost:6379", "", "http://localhost"])
def test_redis_url_unreadable_is_refused(settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    assert found_ids(checks.servers(None)) == ["lanewise.E008"]


@pytest.mark.django_db
class TestDemoUsers:
    def test_demo_user_in_production_fails_database_check(self, production: Any) -> None:
        UserFactory(is_demo=True)
        with pytest.raises(SystemCheckError, match=r"lanewise\.E004"):
            call_command("check", "--database", "default")

    def test_demo_user_in_development_passes(self) -> None:
        UserFactory(is_demo=True)
        assert checks.demo_users(None, databases=["default"]) == []

    def test_start_with_demo_user_in_production_is_refused(self, production: Any) -> None:
        checks.refuse_unsafe_start()
        UserFactory(is_demo=True)
        with pytest.raises(ImproperlyConfigured, match=r"lanewise\.E004"):
            checks.refuse_unsafe_start()


def run_in_production(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """`command` as a process of its own, as settings are read once."""
    # Browser tests set this one, and Django rightly complains about it.
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = inherited | {
        "LANEWISE_ENV": "production",
        "SECRET_KEY": GOOD_KEY,
        "ALLOWED_HOSTS": "crm.example.com",
        "PYTHONWARNINGS": "default",
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment | changes,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_deploy_check_production_is_clean() -> None:
    done = run_in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    "changes", [{"DEBUG": "1"}, {"ALLOWED_HOSTS": "*"}, {"SECRET_KEY": "too-short"}]
)
def test_web_server_unsafe_production_does_not_start(changes: dict[str, str]) -> None:
    done = run_in_production("-c", "import config.wsgi", **changes)
    assert done.returncode != 0
    assert "Lanewise does not start like this" in done.stderr


@pytest.mark.parametrize("part", [("worker", "--pool", "solo"), ("beat",)])
def test_worker_and_scheduler_unsafe_production_do_not_start(part: tuple[str, ...]) -> None:
    done = run_in_production("-m", "celery", "-A", "config.celery", *part, SECRET_KEY="too-short")
    assert done.returncode != 0
    assert "lanewise.E001" in done.stderr


def test_worker_loads_neither_pages_nor_admin_nor_numpy() -> None:
    """What it has at start, each of its children has; 92 MB, and 140 with these."""
    code = (
        "import sys; sys.argv = ['celery', '-A', 'config.celery', 'worker']\n"
        "from config.celery import app\n"
        "app.loader.init_worker()\n"
        "print({'config.urls', 'crm.admin', 'numpy'} & set(sys.modules), len(app.tasks) > 20)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["set()", "True"], done.stderr
