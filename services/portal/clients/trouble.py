"""What may go wrong between the portal and a service, by what a page can say about it."""


class SignInAgain(Exception):
    """The service does not take the token (any more)."""


class NotAllowed(Exception):
    """The person's roles do not allow it."""


class NotThere(Exception):
    """It is absent, or belongs to somebody else."""


class TooLarge(Exception):
    """The upload is larger than an export may be."""


class Unfit(Exception):
    """What was asked does not fit, and how it should be is for the page to say."""


class ServiceAway(Exception):
    """A service does not answer, or answers what nobody can read.

    Attributes:
        service: which one.
    """

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service
