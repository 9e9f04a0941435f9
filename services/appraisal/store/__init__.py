"""Every query of appraisal."""

from services.appraisal.store import evaluations, imports, people
from services.appraisal.store.evaluations import Kept
from services.appraisal.store.people import Person
from services.appraisal.store.vault import Vault

__all__ = ["Kept", "Person", "Vault", "evaluations", "imports", "people"]
