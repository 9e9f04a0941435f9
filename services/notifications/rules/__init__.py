"""What notifications knows: who must be told what, in which words, and how patiently. Pure."""

from services.notifications.rules.delivery import PATIENT, Backoff, address_for, next_attempt
from services.notifications.rules.digest import (
    Digest,
    digest_due,
    low_by_import,
    low_results_digest,
    personnel_office,
)
from services.notifications.rules.notice import (
    Audience,
    Channel,
    Kind,
    Notice,
    Params,
    link_to,
    notice_id,
)
from services.notifications.rules.policy import POLICIES, Policy, in_force
from services.notifications.rules.telling import notices_for
from services.notifications.rules.wording import Wording, render

__all__ = [
    "PATIENT",
    "POLICIES",
    "Audience",
    "Backoff",
    "Channel",
    "Digest",
    "Kind",
    "Notice",
    "Params",
    "Policy",
    "Wording",
    "address_for",
    "digest_due",
    "in_force",
    "link_to",
    "low_by_import",
    "low_results_digest",
    "next_attempt",
    "notice_id",
    "notices_for",
    "personnel_office",
    "render",
]
