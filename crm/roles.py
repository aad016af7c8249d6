"""Who may do what: one table of capabilities for pages, API, admin and token scopes."""

from typing import Any

from crm.enums import Role

CAPABILITIES = {
    "customers:read": "See customers",
    "customers:write": "Create and change customers",
    "customers:erase": "Anonymise a customer",
    "vehicles:read": "See vehicles",
    "vehicles:write": "Create and change vehicles",
    "vehicles:correct": "Correct a mileage downwards",
    "appointments:read": "See the appointment book",
    "appointments:write": "Book, move and cancel appointments",
    "appointments:work": "Check in, start and complete appointments",
    "service:read": "See service history",
    "service:write": "Record service",
    "shop:read": "See bays, technicians and opening hours",
    "shop:write": "Change bays, technicians and opening hours",
    "audit:read": "See who changed what",
    "jobs:read": "See background jobs",
    "jobs:write": "Start and retry background jobs",
    "imports:write": "Import files and revert imports",
    "exports:read": "Export lists",
    "tokens:write": "Create and revoke API tokens",
    "work:read": "See the work list",
    "work:write": "Claim and close work",
    "consent:read": "See permissions to contact",
    "consent:write": "Record permissions to contact and opt-outs",
    "leads:read": "See battery leads",
    "leads:write": "Work leads and record battery tests",
    "leads:manage": "Generate, calibrate and activate lead scoring",
    "warmth:read": "See warmth scores",
    "warmth:write": "Log engagements and adjust warmth scores",
    "warmth:manage": "Change warmth rules",
    "calls:read": "See the call log",
    "calls:write": "Place and log calls, verify callers",
    "calls:listen": "Hear recordings and read transcripts",
    "calls:manage": "See verification attempts and unlock callers",
    "agent:use": "Use the voice agent's tools",
    "webhooks:write": "Manage outgoing webhooks",
}

_FRONT = {
    "customers:read",
    "customers:write",
    "vehicles:read",
    "vehicles:write",
    "appointments:read",
    "appointments:write",
    "service:read",
    "shop:read",
    "audit:read",
    "work:read",
    "work:write",
    "consent:read",
    "consent:write",
    "leads:read",
    "warmth:read",
    "warmth:write",
    "calls:read",
    "calls:write",
}
_ALL = set(CAPABILITIES)

ROLE_CAPABILITIES: dict[str, frozenset[str]] = {
    Role.ADVISOR: frozenset(
        _FRONT
        | {
            "appointments:work",
            "service:write",
            "vehicles:correct",
            "exports:read",
            "leads:write",
            "calls:listen",
        }
    ),
    Role.BDC: frozenset(_FRONT | {"leads:write", "calls:listen"}),
    Role.SALES: frozenset(_FRONT),
    Role.TECHNICIAN: frozenset(
        {
            "customers:read",
            "vehicles:read",
            "appointments:read",
            "appointments:work",
            "service:read",
            "service:write",
            "shop:read",
            "leads:read",
            "leads:write",
        }
    ),
    Role.MANAGER: frozenset(_ALL),
    Role.ADMIN: frozenset(_ALL),
    # An API client owns every scope; its tokens narrow them.
    Role.API: frozenset(
        _ALL
        - {
            "customers:erase",
            "jobs:write",
            "tokens:write",
            "shop:write",
            "leads:manage",
            "warmth:manage",
            "calls:manage",
            "webhooks:write",
        }
    ),
}

# What Django's own permission checks (admin, jobs page) ask for, in terms of the table above.
_MODEL_CAPABILITY = {
    "customer": "customers",
    "customernote": "customers",
    "vehicle": "vehicles",
    "appointment": "appointments",
    "servicerecord": "service",
    "serviceline": "service",
    "technician": "shop",
    "servicebay": "shop",
    "openinghours": "shop",
    "specialday": "shop",
    "opcode": "shop",
    "auditentry": "audit",
    "jobrun": "jobs",
    "jobchunk": "jobs",
    "outbox": "jobs",
    "calllog": "calls",
    "lead": "leads",
    "leadscore": "leads",
    "scorehistory": "leads",
    "scoringparameters": "leads",
    "parameteractivation": "leads",
    "batterytest": "leads",
    "climatenormal": "leads",
    "customerwarmth": "warmth",
    "customerwarmthhistory": "warmth",
    "archivedwarmthhistory": "warmth",
    "warmthevent": "warmth",
    "warmthalgorithm": "warmth",
    "warmthscoringtrigger": "warmth",
    "warmthlevelcrossing": "warmth",
}


def can(user: Any, capability: str) -> bool:
    """Whether `user` may do `capability`; raises KeyError for a name that is not in the table."""
    CAPABILITIES[capability]
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or capability in ROLE_CAPABILITIES[user.role]


def has_model_permission(user: Any, permission: str) -> bool:
    """Answer Django's `app.action_model` from the capability table.

    Models that the table does not list (users, tokens, third-party tables) are the
    administrator's alone.
    """
    action, _, model = permission.partition(".")[2].partition("_")
    area = _MODEL_CAPABILITY.get(model)
    if not user.is_active:
        return False
    if area is None:
        return user.is_superuser or user.role == Role.ADMIN
    capability = f"{area}:{'read' if action == 'view' else 'write'}"
    return capability in CAPABILITIES and can(user, capability)
