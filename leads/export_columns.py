"""What the list of leads shows as a table for spreadsheets."""

from crm.exports import Column
from leads.exporting.fields import NAMES

_LABELS = {
    "vin": "VIN",
    "zip_code": "ZIP code",
    "active_lrs": "Active LRs",
    "combined_lr": "Combined LR",
    "soc_source": "SOC source",
    "soc_date": "SOC date",
    "lead_id": "Lead ID",
}

LEADS = tuple(
    Column(_LABELS.get(name, name.replace("_", " ").capitalize()), name) for name in NAMES
)
