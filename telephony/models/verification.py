from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from crm.models import Customer, User
from crm.models.base import Record, one_of
from telephony.enums import VerificationChannel
from telephony.models.calls import CallLog
from telephony.verification import PRIVATE, Factor

FACTORS = [factor.value for factor in Factor]
ASKED = [factor.value for factor in Factor if factor is not Factor.CALLER]


def _factors() -> ArrayField:
    return ArrayField(models.CharField(max_length=20), default=list, db_default=[])


class CallerVerification(Record):
    """Whom a caller claims to be in one call, and which factors spoke for it.

    What was answered is stored nowhere. `call_key` names the call, or the desk at which somebody
    is asked; `claimed_phone` the number that says who they are ("" when withheld), `subject` the
    same as a key for counting: a customer's, or a keyed digest of a number that belongs to none.
    Nothing about a claim is valid after `expires_at`.
    """

    call_key = models.CharField(max_length=100)
    call = models.ForeignKey(
        CallLog, models.SET_NULL, null=True, blank=True, related_name="verifications"
    )
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="verifications"
    )
    subject = models.CharField(max_length=100)
    claimed_phone = models.CharField(max_length=20, blank=True, default="", db_default="")
    number_key = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Digest of the number"
    )
    channel = models.CharField(max_length=10, choices=VerificationChannel)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    asked = _factors()
    passed = _factors()
    verified_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    refused_answers = models.IntegerField(
        default=0, db_default=0, help_text="Answers that came while locked; none was looked at"
    )

    class Meta:
        db_table = "caller_verifications"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["created_at", "id"], name="caller_verifications_created"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["call_key"],
                condition=models.Q(ended_at__isnull=True),
                name="caller_verifications_one_claim",
            ),
            models.CheckConstraint(
                condition=one_of("channel", VerificationChannel.values),
                name="caller_verifications_channel_known",
            ),
            models.CheckConstraint(
                condition=models.Q(passed__contained_by=FACTORS)
                & models.Q(asked__contained_by=ASKED),
                name="caller_verifications_factors_known",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True)
                | models.Q(passed__overlap=sorted(factor.value for factor in PRIVATE)),
                name="caller_verifications_private_fact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_key} {self.created_at:%Y-%m-%d %H:%M}"


class VerificationAttempt(models.Model):
    """One answer that was judged: which factor, right or wrong, when. Never the answer."""

    verification = models.ForeignKey(
        CallerVerification, models.CASCADE, related_name="attempts", db_index=False
    )
    factor = models.CharField(max_length=20)
    passed = models.BooleanField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "verification_attempts"
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["verification", "at"], name="verification_attempts_when"),
            models.Index(
                fields=["at"], name="verification_attempts_wrong", condition=models.Q(passed=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=one_of("factor", ASKED), name="verification_attempts_factor_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.factor} {'passed' if self.passed else 'failed'}"


class VerificationCounter(models.Model):
    """When answers for one call, customer or number were wrong, for a day.

    Its row is locked while an answer is judged, so that answers given at once are judged one
    after the other.
    """

    key = models.CharField(max_length=100, primary_key=True)
    failures = ArrayField(models.DateTimeField(), default=list, db_default=[])
    touched_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "verification_counters"
        indexes = [models.Index(fields=["touched_at"], name="verification_counters_age")]

    def __str__(self) -> str:
        return self.key


class VerificationUnlock(Record):
    """A manager let a caller try again, and why."""

    verification = models.ForeignKey(
        CallerVerification, models.CASCADE, related_name="unlocks", editable=False
    )
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "verification_unlocks"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason__regex=r"[^[:space:]]"),
                name="verification_unlocks_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class AgentAction(Record):
    """What a tool of the voice agent did in a call, so that the same request does it once.

    `intent` is a keyed digest of what was asked for, or the caller's own key of the request.
    """

    call = models.ForeignKey(CallLog, models.CASCADE, related_name="actions", db_index=False)
    tool = models.CharField(max_length=40)
    intent = models.CharField(max_length=64)
    answer = models.JSONField(null=True)

    class Meta:
        db_table = "agent_actions"
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["created_at"], name="agent_actions_age")]
        constraints = [
            models.UniqueConstraint(fields=["call", "tool", "intent"], name="agent_actions_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.created_at:%Y-%m-%d %H:%M}"
