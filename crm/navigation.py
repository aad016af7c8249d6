"""Main navigation. An app adds its pages from its `AppConfig.ready`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_resolver, get_script_prefix, get_urlconf, reverse

from crm.roles import can


@dataclass(frozen=True)
class NavItem:
    """A link of the side bar, shown to those who have `capability` (None: everybody).

    `staff_only` links lead into the Django admin. Links are ordered by `position`.
    """

    label: str
    url_name: str
    icon: str
    capability: str | None = None
    staff_only: bool = False
    shortcut: str = ""
    position: int = 50


_items: list[NavItem] = []


def register(item: NavItem) -> None:
    """Add `item` once; registering the same URL name again replaces it."""
    _items[:] = [known for known in _items if known.url_name != item.url_name] + [item]
    _items.sort(key=lambda known: known.position)


for _item in (
    NavItem("Home", "home", "home", shortcut="g h", position=10),
    NavItem("Today", "today", "list-check", "work:read", shortcut="g t", position=15),
    NavItem("Customers", "customers", "users", "customers:read", shortcut="g c", position=20),
    NavItem(
        "Appointments",
        "appointments",
        "calendar-event",
        "appointments:read",
        shortcut="g a",
        position=30,
    ),
    NavItem("Declined work", "work", "clipboard-list", "service:read", shortcut="g d", position=35),
    NavItem("Import", "imports", "file-import", "imports:write", position=80),
    NavItem("Jobs", "jobs:index", "activity", "jobs:read", position=85),
    NavItem("Webhooks", "webhooks", "webhook", "webhooks:write", position=87),
    NavItem("Admin", "admin:index", "settings", staff_only=True, position=90),
):
    register(_item)


def url_or_empty(name: str) -> str:
    """The address of a page, or "" when this installation does not route it."""
    return _address(name, get_resolver(get_urlconf()), get_script_prefix())


@lru_cache(maxsize=256)
def _address(name: str, *routed_by: Any) -> str:
    """Kept, as each page asks for all of its links; `routed_by` is what else it depends on."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def visible_items(request: HttpRequest) -> list[dict[str, Any]]:
    """The links that `request.user` may follow, the current one marked `active`."""
    user = request.user
    if not user.is_authenticated:
        return []
    items = []
    for item in _items:
        url = url_or_empty(item.url_name)
        allowed = (item.capability is None or can(user, item.capability)) and (
            not item.staff_only or user.has_module_perms("crm")
        )
        if url and allowed:
            active = request.path == url or (url != "/" and request.path.startswith(url))
            items.append(
                {
                    "label": item.label,
                    "url": url,
                    "icon": item.icon,
                    "shortcut": item.shortcut,
                    "active": active,
                }
            )
    return items
