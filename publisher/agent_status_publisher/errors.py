"""The publisher's errors, as a tree.

PublisherError
├── ConfigurationError      a wrong setting: raised by the constructor (reported: an asyncio client, an old name, uWSGI)
├── InvalidCallError        a call that was ignored (an empty key, an unknown state): reported, never raised
└── RedisUnavailableError   Redis does not accept this worker's reports: reported once per outage, never raised

`reported` means one warning in the log and one call of `on_error`.
"""


class PublisherError(Exception):
    """The base class of the publisher's errors."""


class ConfigurationError(PublisherError, ValueError):
    """A setting or a constructor's argument is wrong. The message names it and says what is expected."""


class InvalidCallError(PublisherError, ValueError):
    """A call that was ignored, because its arguments are wrong or its worker holds too many sessions."""


class RedisUnavailableError(PublisherError, ConnectionError):
    """Redis does not accept this worker's reports. The publisher keeps trying; the agent is not affected."""
