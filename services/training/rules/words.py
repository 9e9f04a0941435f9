"""Words of the training rules: kinds of help, forms of training, competencies, job families."""

from enum import StrEnum
from typing import Final


class Help(StrEnum):
    """The kind of help a need asks for and a course gives: what joins rules and catalogue."""

    SKILL = "SKILL"  # doing the job itself better
    PLANNING = "PLANNING"  # work plan (SKP), priorities, time
    VALUES = "VALUES"  # a BerAKHLAK value, or all of them
    GROWTH = "GROWTH"  # working with others, for those who already do well
    COACHING = "COACHING"  # bimbingan kinerja: for anyone
    COUNSELLING = "COUNSELLING"  # konseling kinerja: behaviour or personal difficulties
    IMPROVEMENT_PLAN = "IMPROVEMENT_PLAN"  # six agreed months (PP 30/2019 art. 56-58)
    LEADERSHIP = "LEADERSHIP"  # preparing for, or growing in, a managerial position
    TALENT = "TALENT"  # wider work for those who do very well


class Form(StrEnum):
    """SIASN `jenisDiklat`, in SIASN's order: the first member is code 1, the last code 25."""

    STRUCTURAL = "STRUCTURAL"
    FUNCTIONAL = "FUNCTIONAL"
    TECHNICAL = "TECHNICAL"
    WORKSHOP = "WORKSHOP"
    MANAGERIAL = "MANAGERIAL"
    SOCIO_CULTURAL = "SOCIO_CULTURAL"
    BRIEFING = "BRIEFING"  # sosialisasi
    TECHNICAL_GUIDANCE = "TECHNICAL_GUIDANCE"  # bimtek
    SEMINAR = "SEMINAR"
    INTERNSHIP = "INTERNSHIP"  # magang
    COURSE = "COURSE"
    UPGRADING = "UPGRADING"  # penataran
    OTHER_CLASSICAL = "OTHER_CLASSICAL"
    COACHING = "COACHING"
    MENTORING = "MENTORING"
    E_LEARNING = "E_LEARNING"
    DISTANCE_LEARNING = "DISTANCE_LEARNING"
    SECONDMENT = "SECONDMENT"  # detasering
    OUTBOUND = "OUTBOUND"
    BENCHMARKING = "BENCHMARKING"
    EXCHANGE = "EXCHANGE"  # with private companies and state-owned enterprises
    SELF_STUDY = "SELF_STUDY"
    LEARNING_COMMUNITY = "LEARNING_COMMUNITY"
    WORKPLACE_GUIDANCE = "WORKPLACE_GUIDANCE"
    OTHER_NON_CLASSICAL = "OTHER_NON_CLASSICAL"


FORM_CODES: Final[dict[Form, int]] = {form: code for code, form in enumerate(Form, start=1)}
"""SIASN's number of each form."""


class Mode(StrEnum):
    """Where one learns."""

    ONLINE = "ONLINE"  # daring
    IN_PERSON = "IN_PERSON"  # luring
    BLENDED = "BLENDED"


class Competency(StrEnum):
    """PermenPANRB 38/2017: eight managerial, one socio-cultural; technical is the job's own."""

    INTEGRITY = "INTEGRITY"
    TEAMWORK = "TEAMWORK"
    COMMUNICATION = "COMMUNICATION"
    RESULTS_ORIENTATION = "RESULTS_ORIENTATION"
    PUBLIC_SERVICE = "PUBLIC_SERVICE"
    DEVELOPING_SELF_AND_OTHERS = "DEVELOPING_SELF_AND_OTHERS"
    MANAGING_CHANGE = "MANAGING_CHANGE"
    DECISION_MAKING = "DECISION_MAKING"
    NATIONAL_COHESION = "NATIONAL_COHESION"  # Perekat Bangsa
    TECHNICAL = "TECHNICAL"


class JobFamily(StrEnum):
    """What somebody's work is about, read from position title and unit (data of the rules)."""

    TEACHER = "TEACHER"
    SCHOOL_SUPERVISION = "SCHOOL_SUPERVISION"
    CIVIL_REGISTRY = "CIVIL_REGISTRY"
    NURSING = "NURSING"
    MIDWIFERY = "MIDWIFERY"
    MEDICINE = "MEDICINE"
    EPIDEMIOLOGY = "EPIDEMIOLOGY"
    HEALTH = "HEALTH"  # other work in health care
    VEHICLE_INSPECTION = "VEHICLE_INSPECTION"
    TRANSPORT = "TRANSPORT"
    HUMAN_RESOURCES = "HUMAN_RESOURCES"
    INFORMATION_TECHNOLOGY = "INFORMATION_TECHNOLOGY"
    ARCHIVES = "ARCHIVES"
    LIBRARY = "LIBRARY"
    POLICY_ANALYSIS = "POLICY_ANALYSIS"
    FINANCE = "FINANCE"
    PROCUREMENT = "PROCUREMENT"
    PLANNING = "PLANNING"
    STATISTICS = "STATISTICS"
    SOCIAL_AFFAIRS = "SOCIAL_AFFAIRS"
    PUBLIC_RELATIONS = "PUBLIC_RELATIONS"
    PUBLIC_SERVICE = "PUBLIC_SERVICE"  # counters, one-stop services
    OFFICE_ADMINISTRATION = "OFFICE_ADMINISTRATION"
    GENERAL = "GENERAL"  # nothing in title or unit tells


class History(StrEnum):
    """What the two periods before add to this one; at most one holds."""

    PLAIN = "PLAIN"  # nothing known, or nothing that adds
    WEAK_TWICE = "WEAK_TWICE"  # weak now and in the period before
    WEAK_THREE_TIMES = "WEAK_THREE_TIMES"
    RECOVERED = "RECOVERED"  # weak in the period before, not now
    STRONG_TWICE = "STRONG_TWICE"


class Rated(StrEnum):
    """A rating as rules ask for it: the numeric regimes have none."""

    ABOVE = "ABOVE"
    MEETS = "MEETS"
    BELOW = "BELOW"
    UNRATED = "UNRATED"
