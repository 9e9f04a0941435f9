"""Every query of notifications."""

from services.notifications.store import digests, mails, notices, people

__all__ = ["digests", "mails", "notices", "people"]
