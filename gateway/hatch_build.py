"""Metadata of the distribution that hatchling cannot read from pyproject.toml alone."""

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ExactPublisher(MetadataHookInterface):
    """Requires the publisher of this very version, so that the number stands in one place."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Write the dependencies."""
        metadata["dependencies"] = [f"agent-status-publisher=={metadata['version']}", *self.config["dependencies"]]
