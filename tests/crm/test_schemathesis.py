"""Generated requests against a real server process, as each role (property W2).

Nothing may answer 5xx, with an undocumented status, content type or header, or with a body that
the schema does not allow, or without credentials.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.db import connection

from crm.enums import Role
from tests import factories
from tests.crm.api import make_world, token_for
from tests.processes import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# 1,500 cases for all roles in CI; LANEWISE_SCHEMATHESIS_CASES=10000 for the nightly run.
CASES = int(os.environ.get("LANEWISE_SCHEMATHESIS_CASES", "1500"))
PHASES = os.environ.get("LANEWISE_SCHEMATHESIS_PHASES", "examples,fuzzing,stateful")
# Cases that all roles together send for each of `--max-examples`, as measured.
CASES_PER_EXAMPLE = 2_100
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,ignored_auth,unsupported_method"
)


def database_url() -> str:
    """The address of the test database, for another process."""
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    options = {name: given[key] for name, key in names.items() if given[key]}
    return f"postgresql:///{given['NAME']}?{urlencode(options)}"


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of a gunicorn with two workers on the test database, for all roles."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "API_RATE_LIMIT_PER_MINUTE": "1000000",
        "API_FAILED_TOKENS_PER_MINUTE": "1000000",
        "LOG_LEVEL": "ERROR",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            requests.get(f"{url}/api/v1/me/", timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


@pytest.mark.parametrize("role", Role.values)
def test_generated_requests_of_a_role_get_documented_answers(
    server: str, tmp_path: Path, role: str
) -> None:
    make_world()
    secret = token_for(factories.UserFactory(role=role))
    report = tmp_path / "report.json"
    run = schemathesis(server, secret, report, seed=Role.values.index(role))
    assert run.returncode == 0, run.stdout[-20_000:]
    assert cases_in(report) >= CASES / len(Role.values)


def schemathesis(
    server: str, secret: str, report: Path, seed: int
) -> subprocess.CompletedProcess[str]:
    each = max(1, round(CASES / CASES_PER_EXAMPLE))
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("st")),
            "run",
            f"{server}/api/v1/schema/",
            f"--header=Authorization: Bearer {secret}",
            f"--checks={CHECKS}",
            f"--phases={PHASES}",
            f"--max-examples={each}",
            f"--seed={seed}",
            "--max-response-time=2",
            "--no-shrink",
            "--continue-on-failure",
            "--warnings=off",
            f"--report-json-path={report}",
        ],
        cwd=report.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def cases_in(report: Path) -> int:
    """Requests that a run has sent."""
    found: Any = json.loads(report.read_text())
    return int(found["test_cases"]["generated"])
