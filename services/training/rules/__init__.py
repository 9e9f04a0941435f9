"""What training knows: how a result becomes recommendations. Pure: text and facts in, values out.

`Rulebook.load(catalogue_text, rule_texts)` once, then `rulebook.decide(result, history)` for each
result and `revise(previous, decision)` where one was corrected. See docs/training-rules.md.
"""

from services.training.rules.catalogue import Catalogue, Course
from services.training.rules.history import Past
from services.training.rules.reading import DataError
from services.training.rules.revision import Revision, revise
from services.training.rules.rulebook import Decision, Rulebook

__all__ = [
    "Catalogue",
    "Course",
    "DataError",
    "Decision",
    "Past",
    "Revision",
    "Rulebook",
    "revise",
]
