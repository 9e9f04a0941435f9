"""Every query of training."""

from services.training.store.sets import (
    Kept,
    Sums,
    keep,
    listed,
    of_employees,
    of_evaluations,
    sums,
)

__all__ = ["Kept", "Sums", "keep", "listed", "of_employees", "of_evaluations", "sums"]
