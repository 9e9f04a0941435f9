"""Every query of training."""

from services.training.store.sets import (
    Answered,
    Kept,
    Sums,
    history,
    keep,
    listed,
    of_evaluations,
    sums,
)

__all__ = ["Answered", "Kept", "Sums", "history", "keep", "listed", "of_evaluations", "sums"]
