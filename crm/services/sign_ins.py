"""Records of sign-ins that the throttle keeps (crm/sign_in.py)."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from django.db.models.functions import Now

KEEP_DAYS = 90


def prune_sign_ins() -> int:
    """Delete sign-ins and wrong passwords older than 90 days.

    The throttle looks back 30 days at most; the rest is for whoever looks into an incident.
    """
    before = Now() - timedelta(days=KEEP_DAYS)
    sign_ins, _ = AccessLog.objects.filter(attempt_time__lt=before).delete()
    failures, _ = AccessAttempt.objects.filter(attempt_time__lt=before).delete()
    return sign_ins + failures
