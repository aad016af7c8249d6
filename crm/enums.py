"""Choices of the `crm` tables. The values are the seed's; the database checks them too."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    ADVISOR = "advisor", _("Service advisor")
    BDC = "bdc", _("BDC agent")
    SALES = "sales", _("Sales")
    TECHNICIAN = "technician", _("Technician")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")
    API = "api", _("API client")


class ContactMethod(TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    TEXT = "text", _("Text message")


class CustomerType(TextChoices):
    RETAIL = "retail", _("Retail")
    FLEET = "fleet", _("Fleet")
    REFERRAL = "referral", _("Referral")


class AppointmentTime(TextChoices):
    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")
    EVENING = "evening", _("Evening")


class VehicleStatus(TextChoices):
    ACTIVE = "active", _("Active")
    SOLD = "sold", _("Sold")
    TOTALED = "totaled", _("Totaled")


class ServiceCategory(TextChoices):
    MAINTENANCE = "maintenance", _("Maintenance")
    REPAIR = "repair", _("Repair")
    INSPECTION = "inspection", _("Inspection")
    RECALL = "recall", _("Recall")


class AppointmentStatus(TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    CONFIRMED = "confirmed", _("Confirmed")
    ARRIVED = "arrived", _("Arrived")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("No-show")

    @classmethod
    def active(cls) -> list[str]:
        """Statuses that occupy a bay and a technician."""
        return [cls.SCHEDULED, cls.CONFIRMED, cls.ARRIVED, cls.IN_PROGRESS]


class BookingMethod(TextChoices):
    PHONE = "phone", _("Phone")
    ONLINE = "online", _("Online")
    WALK_IN = "walk_in", _("Walk-in")
    AI_VOICE = "ai_voice", _("AI voice agent")


class Transport(TextChoices):
    WAITER = "waiter", _("Waits here")
    DROP_OFF = "drop_off", _("Drops off")
    LOANER = "loaner", _("Loaner")
    SHUTTLE = "shuttle", _("Shuttle")


class PayType(TextChoices):
    CUSTOMER = "customer", _("Customer pay")
    WARRANTY = "warranty", _("Warranty")
    INTERNAL = "internal", _("Internal")


class LineOutcome(TextChoices):
    PLANNED = "planned", _("Planned")
    PERFORMED = "performed", _("Performed")
    DECLINED = "declined", _("Declined")
    DEFERRED = "deferred", _("Deferred")


class ClosedAs(TextChoices):
    """Why declined or deferred work is not offered any more, although no visit here did it."""

    DONE_ELSEWHERE = "done_elsewhere", _("Done elsewhere")
    NOT_WANTED = "not_wanted", _("No longer wanted")


class BatchKind(TextChoices):
    DEMO = "demo", _("Demonstration data")
    SEED = "seed", _("Generated data")
    IMPORT = "import", _("Import")


class ImportStatus(TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    REVERTED = "reverted", _("Taken back")


class AuditAction(TextChoices):
    INSERT = "insert", _("created")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("deleted")
    BULK_INSERT = "bulk_insert", _("created in bulk")


class Channel(TextChoices):
    """Ways to reach somebody. An artificial voice counts apart: it needs a consent of its own."""

    CALL = "call", _("Call")
    AI_CALL = "ai_call", _("Call by an artificial voice")
    TEXT = "text", _("Text message")
    EMAIL = "email", _("E-mail")
    VISIT = "visit", _("Visit")

    @classmethod
    def outbound(cls) -> list[str]:
        """What the permission gate decides about."""
        return [cls.CALL, cls.AI_CALL, cls.TEXT, cls.EMAIL]

    @classmethod
    def by_phone(cls) -> list[str]:
        return [cls.CALL, cls.AI_CALL, cls.TEXT]


class Direction(TextChoices):
    INBOUND = "inbound", _("Inbound")
    OUTBOUND = "outbound", _("Outbound")


class ContactPurpose(TextChoices):
    SERVICE = "service", _("Service in hand")
    REMINDER = "reminder", _("Confirmation or reminder")
    CALLBACK = "callback", _("Answer to the customer")
    MARKETING = "marketing", _("Offer")


class ConsentBasis(TextChoices):
    """On what a statement in the consent ledger stands."""

    WRITTEN = "written", _("In writing")
    SPOKEN = "spoken", _("Spoken")
    ONLINE = "online", _("Web form")
    OPT_OUT = "opt_out", _("Opted out")
    DO_NOT_CALL = "do_not_call", _("Do-not-call request")


class WorkKind(TextChoices):
    BATTERY_LEAD = "battery_lead", _("Battery lead")
    WARM_PROSPECT = "warm_prospect", _("Warm prospect")
    COOLED_PROSPECT = "cooled_prospect", _("Cooled prospect")
    MISSED_CALL = "missed_call", _("Missed call")
    VOICEMAIL = "voicemail", _("Voicemail")
    CALLBACK = "callback", _("Callback")
    NO_SHOW = "no_show", _("No-show")
    DECLINED_WORK = "declined_work", _("Declined work")
    CONFIRMATION = "confirmation", _("Confirmation")


class MessageKind(TextChoices):
    CONFIRMATION = "confirmation", _("Confirmation")
    REMINDER = "reminder", _("Reminder")


class MessageStatus(TextChoices):
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    UNCERTAIN = "uncertain", _("Perhaps sent")
    BLOCKED = "blocked", _("Not allowed")
    DROPPED = "dropped", _("No longer needed")
    FAILED = "failed", _("Failed")


class DeliveryStatus(TextChoices):
    """Where the delivery of one webhook stands."""

    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
