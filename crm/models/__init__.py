from crm.models.access import ApiToken, IdempotencyKey, RateBucket
from crm.models.appointments import Appointment
from crm.models.audit import AuditEntry, CustomerNote, DataBatch
from crm.models.filters import SavedFilter
from crm.models.imports import (
    ExportLog,
    ImportChange,
    ImportFilePart,
    ImportRefusal,
    ImportRow,
    ImportRun,
)
from crm.models.messages import OutboundMessage
from crm.models.outreach import Consent, ContactAttempt, ContactDecision, WorkItem
from crm.models.people import Customer, User
from crm.models.search import CustomerSearch, NameWord
from crm.models.service import ServiceLine, ServiceRecord
from crm.models.shop import OpCode, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.models.vehicles import Vehicle
from crm.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookMessage

__all__ = [
    "ApiToken",
    "Appointment",
    "AuditEntry",
    "Consent",
    "ContactAttempt",
    "ContactDecision",
    "Customer",
    "CustomerNote",
    "CustomerSearch",
    "DataBatch",
    "ExportLog",
    "IdempotencyKey",
    "ImportChange",
    "ImportFilePart",
    "ImportRefusal",
    "ImportRow",
    "ImportRun",
    "NameWord",
    "OpCode",
    "OpeningHours",
    "OutboundMessage",
    "RateBucket",
    "SavedFilter",
    "ServiceBay",
    "ServiceLine",
    "ServiceRecord",
    "SpecialDay",
    "Technician",
    "User",
    "Vehicle",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "WorkItem",
]
