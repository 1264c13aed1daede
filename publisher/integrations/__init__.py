"""Bridges: an existing agent on the board in a line or two. One file per framework, importable only where that is.

What each file knows is its framework's callbacks; what they mean for sessions is the same for all: runs.py. A bridge
takes names and numbers only: no prompts, arguments or results.
"""

from publisher.integrations.key import status_key

__all__ = ["status_key"]
