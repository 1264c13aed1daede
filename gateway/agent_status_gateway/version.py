"""Which release this is."""

from importlib.metadata import version
from typing import Final

DISTRIBUTION: Final = "agent-status-gateway"
VERSION: Final = version(DISTRIBUTION)
