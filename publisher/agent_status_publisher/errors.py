"""The publisher's errors, as a tree.

PublisherError
├── ConfigurationError      a wrong setting or argument: raised by the constructor, before anything runs
├── InvalidCallError        a call that cannot be shown (an empty key, an unknown state): reported, never raised
└── RedisUnavailableError   Redis does not take this worker's report: reported once per outage, never raised

`reported` means one line in the log and one call of `on_error`.
"""


class PublisherError(Exception):
    """Any of the below."""


class ConfigurationError(PublisherError, ValueError):
    """A setting or a constructor's argument is wrong. The message names it and says what would be right."""


class InvalidCallError(PublisherError, ValueError):
    """A call that was ignored, because what it says cannot be shown."""


class RedisUnavailableError(PublisherError, ConnectionError):
    """Redis does not take what this worker says. The publisher keeps trying; the agent is not affected."""
