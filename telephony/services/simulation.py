"""Who calls when a call is only simulated: a demonstration customer, or nobody we know."""

import random

from django.db.models import Count
from django.utils import timezone

from crm.enums import BatchKind
from crm.exceptions import Refused
from crm.models import Appointment, Customer
from telephony.models import VerificationCounter

CANDIDATES = 200


class NobodyToCall(Refused):
    """There is no demonstration customer who fits."""

    code = "no_simulated_caller"


def demo_caller(*, with_visit: bool, rng: random.Random | None = None) -> Customer:
    """A demonstration customer with a birth date whom nobody has guessed at today.

    With exactly one visit ahead if `with_visit`. Simulated calls book, move and cancel, so real
    customers are never picked. Raises NobodyToCall.
    """
    found = Customer.objects.present().filter(
        batch__kind__in=[BatchKind.DEMO, BatchKind.SEED], date_of_birth__isnull=False
    )
    if with_visit:
        coming = Appointment.objects.filter(
            status__in=["scheduled", "confirmed"], scheduled_at__gt=timezone.now()
        )
        once = coming.order_by().values("customer").annotate(visits=Count("pk")).filter(visits=1)
        found = found.filter(pk__in=once.values("customer"))
    customers = list(found.order_by("pk")[:CANDIDATES])
    counters = {f"customer:{customer.pk}": customer for customer in customers}
    guessed = VerificationCounter.objects.filter(key__in=counters).exclude(failures=[])
    for key in guessed.values_list("key", flat=True):
        del counters[key]
    if not counters:
        raise NobodyToCall(
            "No demonstration customer fits.", remedy="Run seed_demo, or give a number."
        )
    return (rng or random.Random()).choice(list(counters.values()))


def stranger_number(rng: random.Random | None = None) -> str:
    """A number of the kind that nobody has (555-01xx), and no customer of ours either."""
    rng = rng or random.Random()
    while True:
        number = f"+1{rng.randint(201, 989)}55501{rng.randint(0, 99):02d}"
        if not Customer.objects.filter(phone=number).exists():
            return number
