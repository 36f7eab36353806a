"""The base of settings that are one row."""

from typing import Any, Self

from django.db import models


class SingleRow(models.Model):
    """A table of one row, with the number 1."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it as the one row."""
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> Self:
        """The values in force; the shipped ones where staff never saved any."""
        return cls._default_manager.filter(pk=1).first() or cls(pk=1)
