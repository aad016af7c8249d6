"""Reads of the `leads` tables, named for what they yield."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from leads.enums import LeadStatus, ParameterState


class LeadQuerySet(models.QuerySet[Any]):
    def open(self) -> LeadQuerySet:
        """Leads that somebody may still act on, snoozed ones included."""
        return self.filter(status__in=LeadStatus.open())

    def awake(self, now: datetime) -> LeadQuerySet:
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))


class LeadScoreQuerySet(models.QuerySet[Any]):
    def most_urgent_first(self) -> LeadScoreQuerySet:
        """Open leads in the order of the index that serves the work list."""
        return self.filter(is_open=True).order_by("-urgency_score", "-lead")


class LeadRecordQuerySet(models.QuerySet[Any]):
    def open(self) -> LeadRecordQuerySet:
        return self.filter(is_open=True)


class ScoringParametersQuerySet(models.QuerySet[Any]):
    def champion(self) -> ScoringParametersQuerySet:
        """The one set in use, as a queryset of at most one."""
        return self.filter(activation__state=ParameterState.CHAMPION)

    def challengers(self) -> ScoringParametersQuerySet:
        return self.filter(activation__state=ParameterState.CHALLENGER)
