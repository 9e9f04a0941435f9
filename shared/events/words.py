"""The words facts are made of: one meaning in every service, English on the wire."""

from enum import StrEnum


class Rating(StrEnum):
    """How results or behaviour compare with what was expected (PermenPANRB 6/2022)."""

    ABOVE = "ABOVE"
    MEETS = "MEETS"
    BELOW = "BELOW"


class Predicate(StrEnum):
    """The annual or periodic performance predicate of an employee."""

    VERY_GOOD = "VERY_GOOD"
    GOOD = "GOOD"
    NEEDS_IMPROVEMENT = "NEEDS_IMPROVEMENT"
    POOR = "POOR"
    VERY_POOR = "VERY_POOR"


LOW: frozenset[Predicate] = frozenset({Predicate.POOR, Predicate.VERY_POOR})
"""What an agency's personnel office is told of (Kurang, Sangat Kurang)."""

TO_COACH: frozenset[Predicate] = LOW | {Predicate.NEEDS_IMPROVEMENT}
"""What asks the reviewer for a coaching plan."""


class Regime(StrEnum):
    """The law an evaluation was made under; chosen by the period's dates, kept for ever."""

    PERMENPANRB_6_2022 = "PERMENPANRB_6_2022"
    PP_30_2019 = "PP_30_2019"
    PP_46_2011 = "PP_46_2011"


class PeriodKind(StrEnum):
    """What stretch of time an evaluation covers."""

    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUAL = "ANNUAL"


class EmploymentKind(StrEnum):
    """Permanent civil servant (PNS) or government employee on contract (PPPK)."""

    PNS = "PNS"
    PPPK = "PPPK"


class PositionKind(StrEnum):
    """The position's kind (UU 20/2023: managerial and non-managerial positions)."""

    SENIOR_EXECUTIVE = "SENIOR_EXECUTIVE"  # JPT utama, madya, pratama
    ADMINISTRATOR = "ADMINISTRATOR"
    SUPERVISOR = "SUPERVISOR"  # pengawas
    FUNCTIONAL = "FUNCTIONAL"
    EXECUTOR = "EXECUTOR"  # pelaksana
    UNKNOWN = "UNKNOWN"


class Behaviour(StrEnum):
    """The seven BerAKHLAK values (SE MenPANRB 20/2021)."""

    SERVICE = "SERVICE"  # Berorientasi Pelayanan
    ACCOUNTABLE = "ACCOUNTABLE"  # Akuntabel
    COMPETENT = "COMPETENT"  # Kompeten
    HARMONIOUS = "HARMONIOUS"  # Harmonis
    LOYAL = "LOYAL"  # Loyal
    ADAPTIVE = "ADAPTIVE"  # Adaptif
    COLLABORATIVE = "COLLABORATIVE"  # Kolaboratif
