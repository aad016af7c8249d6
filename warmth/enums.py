"""Words of the warmth tables. Levels and columns are the seed's; the database checks the rest."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class WarmthLevel(TextChoices):
    """From the coldest to the warmest."""

    ICE_COLD = "ice_cold", _("Ice cold")
    COLD = "cold", _("Cold")
    COOL = "cool", _("Cool")
    LUKEWARM = "lukewarm", _("Lukewarm")
    WARM = "warm", _("Warm")
    HOT = "hot", _("Hot")
    SCORCHING = "scorching", _("Scorching")


class Component(TextChoices):
    """The eight parts of a score, in the order of `calculate_composite_warmth_score` and of
    `CustomerWarmth.component_sources`. The column of each is `<value>_score`."""

    ENGAGEMENT = "engagement", _("Engagement")
    INTERACTION_FREQUENCY = "interaction_frequency", _("Interaction frequency")
    RESPONSE_RATE = "response_rate", _("Response rate")
    BUDGET_QUALIFICATION = "budget_qualification", _("Budget")
    TIMELINE_URGENCY = "timeline_urgency", _("Timeline")
    DECISION_MAKING_AUTHORITY = "decision_making_authority", _("Decision making")
    DEMOGRAPHIC_FIT = "demographic_fit", _("Fit")
    PAST_PURCHASE_BEHAVIOR = "past_purchase_behavior", _("Past purchases")

    @property
    def column(self) -> str:
        return f"{self.value}_score"


class ComponentSource(TextChoices):
    """Where the value of a component comes from: one letter each in `component_sources`."""

    MISSING = "-", _("Nothing known")
    DERIVED = "d", _("Derived from records")
    RULE = "r", _("Records and rules")
    PERSON = "p", _("Set by a person")


class EventType(TextChoices):
    """What a customer did, what was done with them, and what we tried."""

    WEBSITE_VISIT = "website_visit", _("Website visit")
    INQUIRY = "inquiry", _("Inquiry")
    BROCHURE = "brochure", _("Brochure asked for")
    SHOWROOM_VISIT = "showroom_visit", _("Showroom visit")
    TEST_DRIVE = "test_drive", _("Test drive")
    QUOTE = "quote", _("Quote asked for")
    FINANCING_INQUIRY = "financing_inquiry", _("Financing inquiry")
    FINANCING_APPROVAL = "financing_approval", _("Financing approved")
    TRADE_IN_EVALUATION = "trade_in_evaluation", _("Trade-in evaluation")
    CALLBACK = "callback", _("Callback asked for")
    REFERRAL = "referral", _("Referred somebody")
    CALL = "call", _("Call from the customer")
    MESSAGE = "message", _("Message from the customer")
    OUTREACH = "outreach", _("We did not reach them")
    REPLY = "reply", _("Answered us")
    APPOINTMENT_BOOKED = "appointment_booked", _("Appointment booked")
    SERVICE_VISIT = "service_visit", _("Service visit")
    NO_SHOW = "no_show", _("No-show")
    CANCELLATION = "cancellation", _("Appointment cancelled")
    DECLINED_REPAIR = "declined_repair", _("Declined a big repair")
    OPT_OUT = "opt_out", _("Opted out")
    PURCHASE = "purchase", _("Purchase")


class Nature(NamedTuple):
    """What an event of a type says: the customer took part, asked for it themselves, showed that
    they mean to buy."""

    engaged: bool = True
    initiated: bool = False
    meaningful: bool = False
    answered: bool = False
    silent: bool = False


_ASKED = Nature(initiated=True)
_INTENT = Nature(initiated=True, meaningful=True)
_SILENCE = Nature(engaged=False, silent=True)

NATURES: dict[EventType, Nature] = {
    EventType.WEBSITE_VISIT: _ASKED,
    EventType.INQUIRY: _INTENT,
    EventType.BROCHURE: _ASKED,
    EventType.SHOWROOM_VISIT: _INTENT,
    EventType.TEST_DRIVE: _INTENT,
    EventType.QUOTE: _INTENT,
    EventType.FINANCING_INQUIRY: _INTENT,
    EventType.FINANCING_APPROVAL: Nature(meaningful=True),
    EventType.TRADE_IN_EVALUATION: _INTENT,
    EventType.CALLBACK: _INTENT,
    EventType.REFERRAL: _ASKED,
    EventType.CALL: _ASKED,
    EventType.MESSAGE: _ASKED,
    EventType.OUTREACH: _SILENCE,
    EventType.REPLY: Nature(answered=True),
    # Booked by a call or message that is an event of its own.
    EventType.APPOINTMENT_BOOKED: Nature(),
    EventType.SERVICE_VISIT: Nature(initiated=True, answered=True),
    EventType.NO_SHOW: _SILENCE,
    EventType.CANCELLATION: Nature(),
    EventType.DECLINED_REPAIR: Nature(),
    EventType.OPT_OUT: Nature(engaged=False),
    EventType.PURCHASE: _INTENT,
}


class EventSource(TextChoices):
    CRM = "crm", _("Service drive")
    TELEPHONY = "telephony", _("Telephone")
    API = "api", _("API")
    PAGE = "page", _("Entered by hand")
    IMPORT = "import", _("Import")
    SEED = "seed", _("Generated data")
    SQL = "sql", _("Written directly")


class DecisionRole(TextChoices):
    """Who decides on the purchase, as the customer says."""

    SOLE = "sole", _("Decides alone")
    JOINT = "joint", _("Decides together with somebody")
    INFLUENCER = "influencer", _("Advises the one who decides")
    NONE = "none", _("Has no say")


class ScoringAlgorithm(TextChoices):
    """Which arm of an A/B comparison scored a customer."""

    CHAMPION = "champion", _("Published version")
    CHALLENGER = "challenger", _("Version on trial")
    WRITTEN = "written", _("Written directly, not yet calculated")


class AlgorithmState(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class CrossingDirection(TextChoices):
    UP = "up", _("Warmer")
    DOWN = "down", _("Cooler")


class ReportKind(TextChoices):
    """What a manager looks at every now and then."""

    RULES = "rules", _("Rules: what their events said about buying")
    DISTRIBUTION = "distribution", _("Distribution of levels")
    WEIGHTS = "weights", _("Weights: components of buyers and of others")
    ADJUSTMENTS = "adjustments", _("Values that people set")
    STALE = "stale", _("Stale: warm on paper, silent for 90 days")


class EngagementStatus(TextChoices):
    """Column `engagement_status` of the view `warmth_analytics`, in days since the last
    engagement: at most 7, at most 30, at most 90, more, never."""

    RECENT = "Recent", _("Recent")
    ACTIVE = "Active", _("Active")
    DORMANT = "Dormant", _("Dormant")
    AT_RISK = "At risk", _("At risk")
    NONE = "None", _("None")
