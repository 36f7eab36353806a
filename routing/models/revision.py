"""The number by which every process notices that another one changed the routing tables."""

from django.db import models
from django.db.models import F


class Revision(models.Model):
    """Counts every change of a routing table, in its only row; snapshots compare it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="revision_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def bump(cls) -> None:
        """Tell every process to read the routing tables again. Call it inside the saving transaction."""
        cls.objects.get_or_create(id=1)
        cls.objects.filter(id=1).update(number=F("number") + 1)
