"""Which of the four vehicle types a vehicle is: what its base failure rate goes by."""

# Models by type; names as the shop and the VIN decoder write them.
_MODELS = {
    "midweight_truck": {
        "F-250", "F-350", "F-250 Super Duty", "F-350 Super Duty", "Silverado 2500",
        "Silverado 3500", "Sierra 2500", "Sierra 3500", "2500", "3500",
    },
    "light_truck": {
        "F-150", "Ranger", "Maverick", "Silverado", "Silverado 1500", "Colorado", "Sierra",
        "Sierra 1500", "Canyon", "1500", "Tacoma", "Tundra", "Frontier", "Titan", "Ridgeline",
    },
    "suv": {
        "Explorer", "Expedition", "Bronco", "Bronco Sport", "Edge", "Escape", "Equinox", "Tahoe",
        "Suburban", "Traverse", "4Runner", "Highlander", "RAV4", "CR-V", "Pilot", "Odyssey",
        "X3", "X5", "X7", "GLC", "GLE", "GLS",
    },
    "car": {
        "Mustang", "Fusion", "Focus", "Malibu", "Camry", "Corolla", "Accord", "Civic", "3 Series",
        "5 Series", "C-Class", "E-Class",
    },
}  # fmt: skip
_TYPE_OF = {model.casefold(): kind for kind, models in _MODELS.items() for model in models}
# Words of vPIC's body class, the first that fits.
_BODIES = (
    ("pickup", "light_truck"), ("sport utility", "suv"), ("multi-purpose", "suv"),
    ("crossover", "suv"), ("minivan", "suv"), ("sedan", "car"), ("saloon", "car"),
    ("coupe", "car"), ("hatchback", "car"), ("convertible", "car"), ("wagon", "car"),
)  # fmt: skip


def vehicle_type(model: str, body: str = "") -> str | None:
    """The type of a `model`, else that of the body class that vPIC gives; None when neither is
    known, and then there is no base rate to start from."""
    known = _TYPE_OF.get(model.strip().casefold())
    if known:
        return known
    return next((kind for word, kind in _BODIES if word in body.casefold()), None)
