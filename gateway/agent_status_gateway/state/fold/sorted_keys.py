"""Pure: keys in order. One that comes or goes costs the same among a hundred as among a hundred thousand."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import chain
from typing import Final

BLOCK_KEYS: Final = 512
"""Keys of a block, about: it is divided when it has twice as many."""


class SortedKeys:
    """Keys in blocks, each in order and all after those of the block before."""

    __slots__ = ("_blocks", "_firsts")

    def __init__(self) -> None:
        self._blocks: list[list[str]] = []
        self._firsts: list[str] = []  # the first key of each block

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks)

    def add(self, key: str) -> None:
        """Add a key that is not there."""
        if not self._blocks:
            self._blocks.append([key])
            self._firsts.append(key)
            return
        index = self._index(key)
        block = self._blocks[index]
        insort(block, key)
        self._firsts[index] = block[0]
        if len(block) > 2 * BLOCK_KEYS:
            self._blocks[index : index + 1] = [block[:BLOCK_KEYS], block[BLOCK_KEYS:]]
            self._firsts.insert(index + 1, block[BLOCK_KEYS])

    def remove(self, key: str) -> None:
        """Remove a key that is there."""
        index = self._index(key)
        block = self._blocks[index]
        del block[bisect_left(block, key)]
        if block:
            self._firsts[index] = block[0]
        else:
            del self._blocks[index], self._firsts[index]

    def _index(self, key: str) -> int:
        return max(0, bisect_right(self._firsts, key) - 1)
