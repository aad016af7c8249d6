from typing import Any

import pytest
from django.test import Client, RequestFactory

from crm.enums import Role
from crm.navigation import url_or_empty, visible_items
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def labels(role: Role, **fields: bool) -> set[str]:
    request = RequestFactory().get("/customers/")
    request.user = UserFactory(role=role, **fields)
    return {item["label"] for item in visible_items(request)}


def test_technician_sees_only_what_the_role_opens() -> None:
    assert {"Home", "Customers", "Appointments"} <= labels(Role.TECHNICIAN)
    assert not {"Import", "Jobs", "Admin"} & labels(Role.TECHNICIAN)


def test_manager_sees_everything_and_admin_link_only_as_staff() -> None:
    assert {"Import", "Jobs"} <= labels(Role.MANAGER)
    assert "Admin" in labels(Role.MANAGER, is_staff=True)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.API])
def test_every_link_shown_opens(role: Role) -> None:
    user = UserFactory(role=role, is_staff=role in (Role.MANAGER, Role.ADMIN))
    request = RequestFactory().get("/")
    request.user = user
    client = Client()
    client.force_login(user, backend="crm.adapters.StaffBackend")
    for item in visible_items(request):
        assert client.get(item["url"]).status_code == 200, item["url"]


def test_current_page_is_marked() -> None:
    request = RequestFactory().get("/customers/")
    request.user = UserFactory()
    assert [item["label"] for item in visible_items(request) if item["active"]] == ["Customers"]


def test_stranger_sees_nothing(client: Client) -> None:
    assert b"nav-link" not in client.get("/accounts/login/").content


def test_links_are_not_kept_beyond_their_routes(settings: Any) -> None:
    assert url_or_empty("customers") == "/customers/"
    settings.ROOT_URLCONF = "tests.jobs.pages"
    assert url_or_empty("customers") == ""
    settings.ROOT_URLCONF = "config.urls"
    assert url_or_empty("customers") == "/customers/"
