"""Rows of the leads tables for tests: valid by themselves, overridable by keyword."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from leads import models
from leads.enums import LeadSource, VehicleType
from leads.services import scoring
from leads.services.parameters import champion
from tests.factories import new_vin

AS_OF = date(2024, 12, 31)


class LeadFactory(DjangoModelFactory):
    """A Ford F-150 in Atlanta that is known in every respect and has no crm records behind it."""

    class Meta:
        model = models.Lead

    vin = factory.LazyFunction(new_vin)
    year = 2020
    make = "Ford"
    model = "F-150"
    vehicle_type = VehicleType.LIGHT_TRUCK
    current_mileage = 47_823
    vehicle_age = 4
    as_of = date(2024, 12, 31)
    zip_code = "30309"
    city = "Atlanta"
    state = "GA"
    climate_zone = "inland_moderate"
    climate_zip = "30309"
    temp_winter = 45
    temp_summer = 79
    temperature_swing = 52
    temperature_stress = 0.275
    start_cycles_annual = 2_400
    short_trip_percentage = 0.6
    soc_decline = False
    soc_source = "simulated"
    soc_date = date(2024, 12, 31)
    customer_name = factory.Sequence(lambda n: f"Dana Whitfield{n}")
    source = LeadSource.GENERATED

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """Read back, for the columns that the database computes."""
        lead = super()._create(model_class, *args, **kwargs)
        lead.refresh_from_db()
        return lead


def scored(lead):
    """`lead` with its score by the set in use, read back."""
    scoring.recompute(parameters=champion(), as_of=AS_OF, lead_ids=[lead.pk])
    return models.Lead.objects.select_related("score__parameters").get(pk=lead.pk)
