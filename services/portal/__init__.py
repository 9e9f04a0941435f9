"""Portal: the web face. It asks the services over HTTP and shows what they answer.

Listens: nothing; it has no Kafka.
Tells: nothing.
Keeps: nothing; it has no database.
Answers: pages: sign in, home, results, team, inbox, preferences, imports, courses, test e-mails.
"""

from typing import Final

from shared.events import Data

LISTENS: Final[tuple[type[Data], ...]] = ()
TELLS: Final[tuple[type[Data], ...]] = ()
