"""Pure: reasons why a gateway cannot be read. Each message says what to do."""


class ReaderError(Exception):
    """The gateway cannot be read; the message says why, and what to do."""


class RefusedError(ReaderError):
    """The gateway refuses, and would refuse again."""


class NoGatewayError(ReaderError):
    """The answer is not a gateway's, or not one of a gateway that can do what is asked."""


class WrongQueryError(NoGatewayError):
    """The gateway does not take a field of the query, which it names."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field
