"""Names of environment variables, and the treatment of those with the old prefix.

Rule 1. `POCKETPAW_STATUS_API_KEY` stays valid beside `AGENT_STATUS_API_KEY`, since the API page that we implement names
        it. Both set and different is an error.
Rule 2. Any other variable with the old prefix is not read. A warning gives its new name.
Rule 3. Kubernetes' service links are neither settings nor misspelled settings.
"""

import re
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "AGENT_STATUS_"
API_KEY: Final = f"{PREFIX}API_KEY"
GATEWAY_URL: Final = f"{PREFIX}URL"
"""The name of the variable with a gateway's address, for the commands that read from a gateway."""
OLD_PREFIX: Final = "POCKETPAW_STATUS_"
OLD_API_KEY: Final = f"{OLD_PREFIX}API_KEY"
_SERVICE_LINK: Final = re.compile(rf"{PREFIX}(?:\w+_)?(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\w+)?)")
_SERVICE_ADDRESS: Final = re.compile(r"(?:tcp|udp|sctp)://.*")


def api_key(environment: Mapping[str, str]) -> str | None:
    """The key that readers send, under either of its names. None if neither is set; an empty variable is not set.

    Raises:
        ValueError: Both names are set and differ; the message has both names and neither value.
    """
    key, old_key = (environment.get(name, "").strip() or None for name in (API_KEY, OLD_API_KEY))
    if key is not None and old_key is not None and key != old_key:
        raise ValueError(f"{API_KEY} and {OLD_API_KEY} are both set and differ: unset one of them")
    return key or old_key


def renamed(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that is set and has the old prefix, in the order of their names."""
    old = sorted(name for name, value in environment.items() if name.startswith(OLD_PREFIX) and value)
    return [
        f"{name} is not read: renamed to {PREFIX}{name.removeprefix(OLD_PREFIX)}" for name in old if name != OLD_API_KEY
    ]


def is_service_link(name: str) -> bool:
    """True for a variable that Kubernetes may set for a service called `agent-status` or `agent-status-…`."""
    return _SERVICE_LINK.fullmatch(name) is not None


def is_service_address(value: object) -> bool:
    """True for an address such as `tcp://10.0.0.1:80`, which Kubernetes puts into `AGENT_STATUS_PORT`."""
    return isinstance(value, str) and _SERVICE_ADDRESS.fullmatch(value) is not None
