from django.db import models

from crm.enums import Channel, MessageKind, MessageStatus
from crm.models.appointments import Appointment
from crm.models.base import Record, one_of


class OutboundMessage(Record):
    """A confirmation or reminder of one appointment at one time; a moved visit gets another.

    The row is the one truth about whether it went out: a worker that dies between handing the
    message over and saying so leaves it `planned`, the next one finds that it was started before
    and makes it `uncertain`, which is a person's to look at and never sent again.
    """

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=20, choices=MessageKind)
    slot = models.DateTimeField(help_text="When the visit begins, as the message says it")
    status = models.CharField(
        max_length=10,
        choices=MessageStatus,
        default=MessageStatus.PLANNED,
        db_default=MessageStatus.PLANNED,
    )
    channel = models.CharField(
        max_length=10, choices=Channel, blank=True, default="", db_default=""
    )
    due_at = models.DateTimeField()
    tries = models.IntegerField(default=0, db_default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    explanation = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        db_table = "outbound_messages"
        ordering = ["-due_at", "-id"]
        indexes = [models.Index(fields=["due_at", "id"], name="outbound_messages_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "kind", "slot"], name="outbound_messages_once"
            ),
            models.CheckConstraint(
                condition=one_of("kind", MessageKind.values), name="outbound_messages_kind_known"
            ),
            models.CheckConstraint(
                condition=one_of("status", MessageStatus.values),
                name="outbound_messages_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=MessageStatus.SENT) | models.Q(sent_at__isnull=False),
                name="outbound_messages_sent_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.appointment_id}"
