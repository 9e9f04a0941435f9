"""How notices leave the house: by e-mail (SMTP), from rows. The inbox needs no channel."""

from services.notifications.channels.address import is_address
from services.notifications.channels.letter import Outgoing, write
from services.notifications.channels.server import MailServer, Tls
from services.notifications.channels.smtp import Outcome, State, send

__all__ = ["MailServer", "Outcome", "Outgoing", "State", "Tls", "is_address", "send", "write"]
