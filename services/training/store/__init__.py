"""Every query of training."""

from services.training.store.sets import Kept, Sums, history, keep, listed, of_evaluations, sums

__all__ = ["Kept", "Sums", "history", "keep", "listed", "of_evaluations", "sums"]
