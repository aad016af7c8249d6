"""Every way out to a customer stands behind the permission gate; no code goes past it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from crm import outbound
from crm.enums import Channel
from tests.factories import CustomerFactory

ROOT = Path(settings.BASE_DIR)
APPS = ("crm", "leads", "warmth", "telephony", "jobs", "config")
# Names that reach a customer by themselves, and the functions that may use them. The first three
# stand behind the gate; the last writes to the dealership's own people.
USERS = {
    "place_call": {
        "telephony/services/outbound.py:_ring",
        "telephony/services/outbound.py:speak",
        "telephony/views/calls.py:call_place",
    },
    "send_text": {"telephony/services/outbound.py:send_text"},
    "sender_of": {"crm/services/outbound.py:deliver"},
    "EmailMessage": {"crm/mailing.py:send_mail"},
    "EmailMultiAlternatives": set(),
    "send_mail": {"crm/services/webhook_delivery.py:notify_disabled"},
    "send_mass_mail": set(),
    "email_user": set(),
}
GATED = {
    "crm/services/outbound.py:deliver",
    "crm/services/claims.py:take",
    "telephony/services/outbound.py:place_call",
}


def functions() -> Iterator[tuple[str, ast.AST]]:
    """Every function of the apps as "file:name"."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{path.relative_to(ROOT)}:{node.name}", node


def called(function: ast.AST) -> set[str]:
    """Names of what is called in it, without what stands before the last dot."""
    found = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {
        found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")
        for found in found
    }


def test_only_known_functions_send_and_each_asks_the_gate() -> None:
    seen = {where: called(node) for where, node in functions()}
    for name, users in USERS.items():
        assert {where for where, names in seen.items() if name in names} == users, name
    for where in GATED:
        assert "require_permission" in seen[where], where


def test_vendors_are_asked_by_their_own_module_only() -> None:
    pattern = re.compile(r"^\s*(import|from) (twilio\.rest|smtplib|requests|httpx)\b", re.MULTILINE)
    asking = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if pattern.search(path.read_text())
    }
    assert asking <= {"telephony/providers/twilio.py", "crm/mailing.py"}


def test_pages_dial_and_write_through_the_gate_only() -> None:
    dialling = {
        str(path.relative_to(ROOT))
        for folder in ("templates", "static/js", "crm", "leads", "warmth", "telephony")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".html", ".js", ".py")
        and re.search(r"[\"\'](tel|sms|mailto|callto):", path.read_text())
    }
    assert dialling == {"templates/components/_call_now.html"}
    component = (ROOT / "templates/components/_call_now.html").read_text()
    assert component.index("{% if decision.allowed %}") < component.index("tel:")


@pytest.mark.django_db
@pytest.mark.parametrize("channel", [Channel.TEXT, Channel.AI_CALL])
def test_sender_is_not_reached_when_the_gate_says_no(
    channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.services.outbound import deliver
    from crm.services.permission import ContactBlocked

    reached: list[outbound.Message] = []
    monkeypatch.setattr(outbound, "_senders", {channel: reached.append})
    with pytest.raises(ContactBlocked):
        deliver(
            customer=CustomerFactory(),
            channel=channel,
            purpose="marketing",
            subject="Offer",
            body="Buy",
            key="k",
        )
    assert reached == []
