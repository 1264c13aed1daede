"""Tokens of one turn, with those of its subagents.

A result has the exact tokens of the main agent's calls since the previous result. Those of subagents are nowhere by
themselves: their messages have the exact input, and the output that was known when the model began. Both are in the
result's totals by model, but these begin with the conversation, which may be older than this process.
"""

from collections.abc import Mapping
from typing import Any, Final

INPUT_TOKENS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
MODEL_INPUT_TOKENS: Final = ("inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens")

Tokens = tuple[int, int]
"""Input and output."""
NONE: Final[Tokens] = (0, 0)


class TurnTokens:
    """The tokens of one turn so far, in `used`.

    Args:
        spent_before: The conversation's totals when the turn began, or None if they are not known.
    """

    def __init__(self, spent_before: Tokens | None = None) -> None:
        self.used: Tokens = NONE
        self.spent: Tokens | None = None
        self._base = spent_before
        self._at_result: Tokens = NONE
        self._of_subagents: Tokens = NONE  # since the previous result
        self._message: dict[str | None, str] = {}

    @property
    def begins_conversation(self) -> bool:
        """True if the conversation's totals begin with this turn, as far as its results say."""
        return self.spent is not None and self._base == NONE

    def add_message(self, message_id: str | None, usage: Mapping[str, Any] | None, parent: str | None) -> bool:
        """Add a model call of the agent, or of the subagent that the tool call `parent` runs. Return True if it is new.

        A call may arrive as several messages that repeat the same tokens.
        """
        if not usage or message_id is None or self._message.get(parent) == message_id:
            return False
        self._message[parent] = message_id
        used = _tokens(usage)
        self.used = _sum(self.used, used)
        if parent is not None:
            self._of_subagents = _sum(self._of_subagents, used)
        return True

    def add_result(self, usage: Mapping[str, Any] | None, by_model: Mapping[str, Any] | None) -> None:
        """Replace what was added since the previous result by what this one says."""
        own = _sum(self._at_result, _tokens(usage or {}))
        used = _sum(own, self._of_subagents)
        if by_model:
            self.spent = spent = _spent(by_model)
            if self._base is None or not _at_least(spent, _sum(self._base, own)):
                before = less(spent, used)
                self._base = before if before[0] > 0 else NONE  # without earlier input, the conversation is new
            used = less(spent, self._base)
        self.used = self._at_result = used
        self._of_subagents = NONE


def input_of(usage: Mapping[str, Any]) -> int:
    """Return the input tokens of a model call, with those that are cached."""
    return sum(int(usage.get(name) or 0) for name in INPUT_TOKENS)


def less(one: Tokens, other: Tokens) -> Tokens:
    """Return what is left of some tokens, and never less than none."""
    return max(0, one[0] - other[0]), max(0, one[1] - other[1])


def _tokens(usage: Mapping[str, Any]) -> Tokens:
    return input_of(usage), int(usage.get("output_tokens") or 0)


def _spent(by_model: Mapping[str, Any]) -> Tokens:
    spent = NONE
    for model in by_model.values():
        read = sum(int(model.get(name) or 0) for name in MODEL_INPUT_TOKENS)
        spent = _sum(spent, (read, int(model.get("outputTokens") or 0)))
    return spent


def _sum(one: Tokens, other: Tokens) -> Tokens:
    return one[0] + other[0], one[1] + other[1]


def _at_least(one: Tokens, other: Tokens) -> bool:
    return one[0] >= other[0] and one[1] >= other[1]
