"""Pure: the path and the headers of a request, as its ASGI scope has them."""

from collections.abc import Mapping
from typing import Any


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """All values of a header, as one list; empty if there is none."""
    return b", ".join([value for given, value in scope["headers"] if given == name]).decode("latin-1")


def path_below_root(scope: Mapping[str, Any]) -> str:
    """The path without the prefix under which an app is mounted, which ASGI's `path` includes."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path
