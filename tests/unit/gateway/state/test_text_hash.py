"""Texts as numbers."""

from agent_status_gateway.state.text_hash import HASH_BYTES, text_hash


def test_a_text_is_a_number_of_so_many_bytes_and_another_text_another() -> None:
    numbers = {text_hash(text) for text in ("web:1", "web:2", "web:1\0", "ü", "")}
    assert len(numbers) == 5
    assert max(numbers) < 1 << 8 * HASH_BYTES
