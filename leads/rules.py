"""The sentences for the named constraints of the leads tables."""

from crm.exceptions import Duplicate, Invalid, Refused

RULES: dict[str, tuple[type[Refused], str | None, str, str]] = {
    "climate_normals_zone_known": (
        Invalid, "climate_zone", "Unknown climate zone.", "Choose a listed one.",
    ),
    "climate_normals_stress_range": (
        Invalid, "temperature_stress", "Temperature stress lies between 0 and 0.5.", "Check it.",
    ),
    "vin_leads_one_open": (
        Duplicate, "vin", "This vehicle has an open lead already.", "Open that lead.",
    ),
    "vin_leads_described": (
        Invalid, "vin", "A lead needs VIN, make and model.", "Fill in all three.",
    ),
    "vin_leads_year_plausible": (
        Invalid, "year", "The model year must be between 1900 and 2100.", "Check the year.",
    ),
    "vin_leads_type_known": (
        Invalid, "vehicle_type", "Unknown vehicle type.",
        "Choose light_truck, midweight_truck, suv or car.",
    ),
    "vin_leads_mileage_plausible": (
        Invalid, "current_mileage", "The mileage must be between 0 and 2,000,000.",
        "Check the odometer.",
    ),
    "vin_leads_age_plausible": (
        Invalid, "vehicle_age", "The age must be between 0 and 150 years.", "Check the age.",
    ),
    "vin_leads_zip_shape": (
        Invalid, "zip_code", "A ZIP code has five digits.", "Write 30309.",
    ),
    "vin_leads_state_shape": (
        Invalid, "state", "A state has two letters.", "Write the postal code, for example GA.",
    ),
    "vin_leads_zone_known": (
        Invalid, "climate_zone", "Unknown climate zone.", "Choose a listed one.",
    ),
    "vin_leads_starts_plausible": (
        Invalid, "start_cycles_annual", "The starts of a year lie between 0 and 100,000.",
        "Check the figure.",
    ),
    "vin_leads_stress_range": (
        Invalid, "temperature_stress", "Temperature stress lies between 0 and 0.5.", "Check it.",
    ),
    "vin_leads_short_trips_share": (
        Invalid, "short_trip_percentage", "The share of short trips lies between 0 and 1.",
        "Write 0.55 for 55%.",
    ),
    "vin_leads_charge_percent": (
        Invalid, "soc_value", "A state of charge lies between 0 and 100%.", "Check it.",
    ),
    "vin_leads_evidence_sourced": (
        Invalid, "soc_source", "A state of charge needs its source and date.", "Give both.",
    ),
    "vin_leads_evidence_source_known": (
        Invalid, "soc_source", "Unknown source.",
        "Choose battery_test, telematics or simulated.",
    ),
    "vin_leads_source_known": (
        Invalid, "source", "Unknown source.", "Choose crm, imported or generated.",
    ),
    "vin_leads_status_known": (
        Invalid, "status", "Unknown status.",
        "Choose new, contacted, booked, arrived, won, lost or expired.",
    ),
    "lead_scores_posterior_range": (
        Invalid, None, "A posterior lies between 0 and 1.", "Check the parameters.",
    ),
    "lead_scores_percentages": (
        Invalid, None, "Percentile and urgency lie between 0 and 100.", "Check the parameters.",
    ),
    "lead_score_history_cause_known": (
        Invalid, "cause", "Unknown cause.", "Choose a listed one.",
    ),
    "lead_score_history_append_only": (
        Invalid, None, "The score history takes new rows only.", "Score the lead anew.",
    ),
    "scoring_parameters_name_once": (
        Duplicate, "name", "A parameter set has this name.", "Choose another name.",
    ),
    "scoring_parameters_described": (
        Invalid, "provenance", "A set needs a name, and where its numbers come from.",
        "Fill in both.",
    ),
    "scoring_parameters_scales_positive": (
        Invalid, "starts_sigma", "Sigma, mileage centre and horizon must be positive.",
        "Check them.",
    ),
    "scoring_parameters_prior_range": (
        Invalid, "prior_ceiling", "The limits of the prior must lie in order between 0 and 0.5.",
        "Check them.",
    ),
    "scoring_parameters_bands_in_order": (
        Invalid, "medium_band", "The bands must lie in order between 0 and 1.", "Check them.",
    ),
    "scoring_parameters_recalibration_range": (
        Invalid, "recalibration_slope",
        "The intercept must lie between -5 and 5, the slope between 0.1 and 2.", "Check them.",
    ),
    "scoring_parameters_immutable": (
        Invalid, None, "A parameter set cannot be changed or deleted.", "Add a new set.",
    ),
    "scoring_parameters_rates": (
        Invalid, "priors",
        "Every vehicle type needs a price and a failure rate between 0 and 1.", "Check them.",
    ),
    "scoring_parameters_ratios": (
        Invalid, "likelihood_ratios", "Likelihood ratios lie between 0.02 and 50.", "Check them.",
    ),
    "parameter_activations_one_champion": (
        Duplicate, "state", "Another set was put in use just now.", "Look again.",
    ),
    "parameter_activations_state_known": (
        Invalid, "state", "Unknown state.", "Choose champion, challenger or retired.",
    ),
    "battery_tests_belong": (
        Invalid, "lead", "A test belongs to a lead or a vehicle.", "Name one.",
    ),
    "battery_tests_result_known": (
        Invalid, "result", "Unknown result.", "Choose a listed one.",
    ),
    "battery_tests_charge_percent": (
        Invalid, "state_of_charge", "A state of charge lies between 0 and 100%.", "Check it.",
    ),
    "battery_tests_voltage_plausible": (
        Invalid, "voltage", "The voltage must be between 0 and 30.", "Check it.",
    ),
    "battery_tests_amps_plausible": (
        Invalid, "cold_cranking_amps", "Cranking amps lie between 0 and 3,000.", "Check them.",
    ),
}  # fmt: skip
