"""Choices of the `leads` tables. The values are the seed's where it names them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VehicleType(TextChoices):
    LIGHT_TRUCK = "light_truck", _("Light truck")
    MIDWEIGHT_TRUCK = "midweight_truck", _("Midweight truck")
    SUV = "suv", _("SUV")
    CAR = "car", _("Passenger car")


class WeightClass(TextChoices):
    LIGHT = "light", _("Light")
    MIDWEIGHT = "midweight", _("Midweight")


class ClimateZone(TextChoices):
    COASTAL_HOT = "coastal_hot", _("Coastal, hot")
    INLAND_HOT = "inland_hot", _("Inland, hot")
    COASTAL_MODERATE = "coastal_moderate", _("Coastal, moderate")
    INLAND_MODERATE = "inland_moderate", _("Inland, moderate")
    MOUNTAIN_COOL = "mountain_cool", _("Mountain, cool")


class ContactUrgency(TextChoices):
    """The risk band, said as the time in which to call: high, medium, low."""

    IMMEDIATE = "immediate", _("Immediate")
    WITHIN_24_HOURS = "24_hours", _("Within 24 hours")
    WITHIN_48_HOURS = "48_hours", _("Within 48 hours")


class PrimaryService(TextChoices):
    REPLACEMENT = "battery_replacement", _("Battery replacement")
    TEST = "battery_test_and_charging_check", _("Battery test and charging check")
    INSPECTION = "battery_inspection", _("Battery inspection")


class FailureWindow(TextChoices):
    WEEKS_1_4 = "1-4_weeks", _("1 to 4 weeks")
    WEEKS_2_6 = "2-6_weeks", _("2 to 6 weeks")
    WEEKS_4_10 = "4-10_weeks", _("4 to 10 weeks")
    MONTHS_2_4 = "2-4_months", _("2 to 4 months")
    MONTHS_3_6 = "3-6_months", _("3 to 6 months")
    MONTHS_6_12 = "6-12_months", _("6 to 12 months")


class LeadStatus(TextChoices):
    NEW = "new", _("New")
    CONTACTED = "contacted", _("Contacted")
    BOOKED = "booked", _("Booked")
    ARRIVED = "arrived", _("Arrived")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    EXPIRED = "expired", _("Expired")

    @classmethod
    def open(cls) -> list[str]:
        """Statuses in which somebody may still act on the lead; the others end it."""
        return [cls.NEW, cls.CONTACTED, cls.BOOKED, cls.ARRIVED]


class LeadSource(TextChoices):
    CRM = "crm", _("A vehicle of the CRM")
    IMPORTED = "imported", _("Imported file")
    GENERATED = "generated", _("Synthetic")


class EvidenceSource(TextChoices):
    """Where the word on the state of charge comes from."""

    BATTERY_TEST = "battery_test", _("Battery test")
    TELEMATICS = "telematics", _("Telematics")
    SIMULATED = "simulated", _("Simulated")


class TestResult(TextChoices):
    """What a battery test at the visit came to."""

    GOOD = "good", _("Good")
    RECHARGE = "recharge", _("Recharged")
    REPLACE_CUSTOMER_PAY = "replace_customer_pay", _("Replaced, customer pays")
    REPLACE_WARRANTY = "replace_warranty", _("Replaced under warranty")
    DECLINED = "declined", _("Replacement declined")
    REPLACED_ELSEWHERE = "replaced_elsewhere", _("Replaced elsewhere")

    @classmethod
    def failed(cls) -> list[str]:
        """Results that say the battery was at its end: the outcome that the posterior predicts.

        A declined replacement counts as well: the test had failed, only the sale did not follow.
        """
        return [
            cls.REPLACE_CUSTOMER_PAY,
            cls.REPLACE_WARRANTY,
            cls.DECLINED,
            cls.REPLACED_ELSEWHERE,
        ]

    @classmethod
    def replaced(cls) -> list[str]:
        """Results after which another battery is in the vehicle."""
        return [cls.REPLACE_CUSTOMER_PAY, cls.REPLACE_WARRANTY, cls.REPLACED_ELSEWHERE]


# pytest takes classes named Test... for tests.
TestResult.__test__ = False  # type: ignore[attr-defined]


class ParameterState(TextChoices):
    CHAMPION = "champion", _("In use")
    CHALLENGER = "challenger", _("Challenger")
    RETIRED = "retired", _("Retired")


class ScoreCause(TextChoices):
    """Why a row stands in a lead's score history."""

    CREATED = "created", _("First score")
    FACTS = "facts", _("New facts")
    NIGHTLY = "nightly", _("Nightly recompute")
    PARAMETERS = "parameters", _("Other parameters")
