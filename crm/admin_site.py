"""The admin site: who may enter, in whose name and zone it works, what its side bar shows."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils import timezone
from unfold.sites import UnfoldAdminSite

from crm.context import audited
from crm.enums import Role
from crm.roles import can
from jobs.registry import shop_zone

ENTERS = (Role.MANAGER, Role.ADMIN)


class LanewiseAdminSite(UnfoldAdminSite):
    """For managers and administrators, by role. Nobody signs in here: the sign-in page knows
    the second factor and the throttle, the admin's own form does not."""

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(
            user.is_authenticated and user.is_active and (user.is_superuser or user.role in ENTERS)
        )

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if request.user.is_authenticated:
            raise PermissionDenied("The admin is for managers and administrators.")
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Every write is one audited transaction; dates and times are the shop's."""

        @wraps(view)
        def at_the_shop(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            writing = audited() if request.method == "POST" else nullcontext()
            with timezone.override(shop_zone()), writing:
                response = view(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()  # later it would be in UTC again
                return response

        return super().admin_view(at_the_shop, cacheable)


def _allowed(capability: str) -> Callable[[HttpRequest], bool]:
    return lambda request: can(request.user, capability)


def is_administrator(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_superuser or user.role == Role.ADMIN)


def _link(title: str, icon: str, model: str, permission: Callable[[HttpRequest], bool]) -> Any:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": permission,
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of the side bar, in the order of use."""
    shop, audit = _allowed("shop:read"), _allowed("audit:read")
    imports, jobs = _allowed("imports:write"), _allowed("jobs:read")
    telephone, webhooks = _allowed("calls:manage"), _allowed("webhooks:write")
    leads, warmth = _allowed("leads:read"), _allowed("warmth:read")
    return [
        {
            "title": "Records",
            "items": [
                _link("Customers", "group", "crm_customer", _allowed("customers:read")),
                _link("Vehicles", "directions_car", "crm_vehicle", _allowed("vehicles:read")),
                _link("Appointments", "event", "crm_appointment", _allowed("appointments:read")),
                _link("Service history", "build", "crm_servicerecord", _allowed("service:read")),
                _link("Service lines", "list_alt", "crm_serviceline", _allowed("service:read")),
                _link("Notes", "sticky_note_2", "crm_customernote", _allowed("customers:read")),
            ],
        },
        {
            "title": "Workshop",
            "items": [
                _link("Technicians", "engineering", "crm_technician", shop),
                _link("Bays", "garage", "crm_servicebay", shop),
                _link("Opening hours", "schedule", "crm_openinghours", shop),
                _link("Special days", "event_busy", "crm_specialday", shop),
                _link("Op codes", "sell", "crm_opcode", shop),
            ],
        },
        {
            "title": "Data",
            "items": [
                _link("Imports", "upload_file", "crm_importrun", imports),
                _link("Batches", "inventory_2", "crm_databatch", imports),
                _link("Exports", "download", "crm_exportlog", audit),
                _link("Audit log", "history", "crm_auditentry", audit),
            ],
        },
        {
            "title": "Outreach",
            "items": [
                _link("Work items", "checklist", "crm_workitem", _allowed("work:read")),
                _link("Contacts", "contacts", "crm_contactattempt", _allowed("work:read")),
                _link("Messages", "outgoing_mail", "crm_outboundmessage", _allowed("work:read")),
                _link("Consents", "verified_user", "crm_consent", _allowed("consent:read")),
                _link("Decisions", "front_hand", "crm_contactdecision", _allowed("consent:read")),
            ],
        },
        {
            "title": "Telephone",
            "items": [
                _link("Calls", "call", "telephony_calllog", _allowed("calls:read")),
                _link("Hearings", "hearing", "telephony_callaccess", telephone),
                _link("Verifications", "verified", "telephony_callerverification", telephone),
                _link("Unlocked callers", "lock_open", "telephony_verificationunlock", telephone),
                _link("Voice agent", "smart_toy", "telephony_agentaction", telephone),
                _link("Callbacks", "webhook", "telephony_providerevent", is_administrator),
                _link("Counters", "pin", "telephony_verificationcounter", is_administrator),
            ],
        },
        {
            "title": "Battery leads",
            "items": [
                _link("Leads", "battery_alert", "leads_lead", leads),
                _link("Battery tests", "battery_charging_full", "leads_batterytest", leads),
                _link("Parameter sets", "tune", "leads_scoringparameters", leads),
                _link("Activations", "published_with_changes", "leads_parameteractivation", leads),
                _link("Climate", "thermostat", "leads_climatenormal", leads),
            ],
        },
        {
            "title": "Warmth",
            "items": [
                _link("Scores", "local_fire_department", "warmth_customerwarmth", warmth),
                _link("Engagements", "waving_hand", "warmth_warmthevent", warmth),
                _link("History", "timeline", "warmth_customerwarmthhistory", warmth),
                _link("Older history", "archive", "warmth_archivedwarmthhistory", warmth),
                _link("Level crossings", "swap_vert", "warmth_warmthlevelcrossing", warmth),
                _link("Rules", "rule", "warmth_warmthalgorithm", warmth),
                _link("Reports", "summarize", "warmth_warmthreport", _allowed("warmth:manage")),
            ],
        },
        {
            "title": "System",
            "items": [
                _link("Users", "badge", "crm_user", is_administrator),
                _link("API tokens", "key", "crm_apitoken", _allowed("tokens:write")),
                _link("Webhooks", "outbound", "crm_webhookendpoint", webhooks),
                _link("Deliveries", "outbox_alt", "crm_webhookdelivery", webhooks),
                _link("Job runs", "play_circle", "jobs_jobrun", jobs),
                _link("Job chunks", "view_module", "jobs_jobchunk", jobs),
                _link("Outbox", "outbox", "jobs_outbox", jobs),
                _link("Idempotency keys", "repeat", "crm_idempotencykey", is_administrator),
                _link("Rate limits", "speed", "crm_ratebucket", is_administrator),
            ],
        },
    ]
