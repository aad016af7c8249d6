"""What the list of customers by warmth shows as a table for spreadsheets."""

from crm.exports import Column
from warmth.enums import Component, EventType, WarmthLevel

WARMTH = (
    Column("Customer", "customer__name"),
    Column("Telephone", "customer__phone"),
    Column("City", "customer__city"),
    Column("State", "customer__state"),
    Column("Score", "overall_warmth_score"),
    Column("Level", "warmth_level", lambda level: str(WarmthLevel(level).label)),
    Column("Purchase probability", "purchase_probability"),
    Column("Predicted value", "predicted_purchase_value"),
    Column("Predicted purchase", "predicted_purchase_date"),
    Column("Churn risk", "churn_risk_score"),
    Column("Confidence", "confidence_level"),
    Column(
        "Last engagement",
        "last_engagement_type",
        lambda kind: str(EventType(kind).label) if kind else "",
    ),
    Column("Last engagement at", "last_engagement_date"),
    *(Column(str(part.label), part.column) for part in Component),
    Column("Customer ID", "customer_id"),
)
