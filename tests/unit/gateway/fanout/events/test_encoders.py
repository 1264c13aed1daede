"""The bytes that one client gets."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.events.chunks import LAST_CHUNK
from agent_status_gateway.fanout.events.encoders import CHUNKED, IDENTITY, Encoder, Gzip, encoder_for
from agent_status_gateway.fanout.events.frames import KEEPALIVE, SHARED_BYTES, Frame, Piece
from agent_status_gateway.fanout.events.gzip_stream import SHORT_BYTES, GzippedEvent, StoredEvent, gzipped, store
from agent_status_gateway.fanout.events.retry import retry
from chaos.workers.reports import session
from tests.support.builders.frames import change_to, frame_of
from tests.unit.gateway.fanout.test_hub import A, B, C

LARGE = frame_of(*[session(f"web:{number}", title="x" * 200) for number in range(1000)])
OF_PART = frame_of(session("web:1"), is_of_all=False)
LONG_OF_PART = frame_of(*[session(f"web:{number}") for number in range(30)], is_of_all=False)
CHANGE = change_to(session("web:1", title="T"), gone=["web:2"])
LONG_CHANGE = change_to(*[session(f"web:{number}", title="x" * 50) for number in range(30)])
IN_PIECES = change_to(session(), gone=[f"web:{number}" for number in range(1001)])
PIECES = (A, B, C, LARGE, OF_PART, CHANGE, LONG_CHANGE, IN_PIECES, *IN_PIECES.rest)


def unchunked(body: bytes) -> bytes:
    text = b""
    while body != b"0\r\n\r\n":
        size, _, body = body.partition(b"\r\n")
        text += body[: int(size, 16)]
        assert body[int(size, 16) :].startswith(b"\r\n")
        body = body[int(size, 16) + 2 :]
    return text


def encoded(encoder: Encoder, steps: list[Piece | bytes]) -> bytes:
    """A whole stream: a first snapshot, pieces of events and texts, the last bytes."""
    body = b"".join(encoder.first(A, 1234, b""))
    for step in steps:
        body += encoder.event(step) if isinstance(step, Piece) else encoder.text(step)
    return body + encoder.last(retry(2000))


steps = st.lists(st.one_of(st.sampled_from(PIECES), st.just(KEEPALIVE), st.binary(min_size=1, max_size=100)))


@given(steps)
def test_every_encoder_gives_the_same_text(what: list[Piece | bytes]) -> None:
    text = encoded(IDENTITY, what)
    assert unchunked(encoded(CHUNKED, what)) == text
    assert gzip.decompress(encoded(Gzip(is_chunked=False), what)) == text
    assert gzip.decompress(unchunked(encoded(Gzip(is_chunked=True), what))) == text


# gzip_stream: Rule 1
@given(steps)
def test_a_decoder_returns_all_of_a_compressed_stream_at_every_moment(what: list[Piece | bytes]) -> None:
    encoder, decoder = Gzip(is_chunked=False), zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert decoder.decompress(b"".join(encoder.first(A, 1234, b"more"))) == A.first_event(1234) + b"more"
    for step in what:
        if isinstance(step, Piece):
            assert decoder.decompress(encoder.event(step)) == step.event
        else:
            assert decoder.decompress(encoder.text(step)) == step
    assert decoder.decompress(encoder.last(b"")) == b""
    assert decoder.eof


def test_a_compressed_event_is_the_same_bytes_for_every_client_whenever_it_joined() -> None:
    early, late = Gzip(is_chunked=True), Gzip(is_chunked=True)
    early.first(A, 1000, b"")
    early.event(C)
    late.first(C, 2000, b"")
    assert early.event(B) is late.event(B)


@pytest.mark.parametrize("encoder", [IDENTITY, CHUNKED])
def test_a_long_first_event_is_the_same_object_for_all_who_join_and_the_same_text(encoder: Encoder) -> None:
    assert not LARGE.is_large
    assert LARGE.length > SHARED_BYTES > A.length
    shared, own = encoder.first(LARGE, 1234, b"more")
    again, other = encoder.first(LARGE, 4321, b"")
    assert again is shared
    assert other != own
    text = b"".join([shared, own, encoder.last(b"")]) if encoder is IDENTITY else unchunked(shared + own + LAST_CHUNK)
    assert text == LARGE.first_event(1234) + b"more"
    assert len(encoder.first(A, 1234, b"more")) == 1, "a short one is written once"


def test_a_short_change_is_stored_and_a_long_one_is_deflated() -> None:
    assert isinstance(CHANGE.gzipped, StoredEvent)
    assert isinstance(LONG_CHANGE.gzipped, GzippedEvent)
    assert CHANGE.length < SHORT_BYTES < LONG_CHANGE.length
    assert CHANGE.event in CHANGE.gzipped.event
    assert len(LONG_CHANGE.gzipped.event) * 6 < LONG_CHANGE.length


@pytest.mark.parametrize("change", [CHANGE, LONG_CHANGE])
def test_a_change_is_made_once_for_all_clients_of_a_kind(change: Piece) -> None:
    early, late = Gzip(is_chunked=True), Gzip(is_chunked=True)
    early.first(A, 1000, b"")
    early.event(A)
    late.first(LARGE, 2000, b"")
    assert early.event(change) is late.event(change)
    assert CHUNKED.event(change) is CHUNKED.event(change)


def test_a_short_snapshot_of_the_whole_fleet_is_compressed() -> None:
    assert A.length < SHORT_BYTES
    assert len(Gzip(is_chunked=False).event(A)) < A.length


def test_a_short_snapshot_of_a_part_is_stored_and_a_long_one_is_deflated() -> None:
    assert isinstance(OF_PART.gzipped, StoredEvent)
    assert isinstance(LONG_OF_PART.gzipped, GzippedEvent)


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("first", [A, LARGE, OF_PART, LONG_OF_PART])
def test_a_compressed_stream_may_begin_with_any_snapshot(first: Frame, is_chunked: bool) -> None:
    encoder = Gzip(is_chunked=is_chunked)
    body = b"".join([*encoder.first(first, 1234, b"more"), encoder.event(CHANGE), encoder.last(b"")])
    text = gzip.decompress(unchunked(body) if is_chunked else body)
    assert text == first.first_event(1234) + b"more" + CHANGE.event


def test_a_large_snapshot_compresses_to_a_sixth_of_its_size() -> None:
    text = b"".join(
        b'{"session_key":"websocket:%04x","session_id":"%04x","channel":"websocket","title":"Fix bug %d",'
        b'"state":"tool_running","tool_name":"bash","duration_seconds":%d.5,"token_usage":null,"error_message":null},'
        % (number * 37 % 65_536, number * 37 % 65_536, number, number * 7 % 100)
        for number in range(1000)
    )
    assert len(GzippedEvent(text).event) * 6 < len(text)


# gzip_stream: Rule 2
@given(st.binary(max_size=1000), st.binary(min_size=1, max_size=1000))
def test_the_checksum_continues_from_any_text(before: bytes, event: bytes) -> None:
    assert GzippedEvent(event).crc_after(zlib.crc32(before)) == zlib.crc32(before + event)


# gzip_stream: Rule 3
@given(st.binary(max_size=1000), st.binary(min_size=1, max_size=1000))
def test_the_checksum_of_a_short_text_continues_from_any_text_too(before: bytes, event: bytes) -> None:
    assert StoredEvent(event).crc_after(zlib.crc32(before)) == zlib.crc32(before + event)


# gzip_stream: Rule 3
@pytest.mark.parametrize(("size", "kind"), [(1, StoredEvent), (4095, StoredEvent), (4096, GzippedEvent)])
def test_a_text_below_four_kilobytes_is_stored(size: int, kind: type) -> None:
    assert isinstance(gzipped(b"x" * size), kind)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_a_stored_piece_may_be_of_any_length(size: int) -> None:
    text = b"x" * size
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(store(text)) == text


def test_an_encoder_without_state_is_shared_by_all_clients() -> None:
    assert encoder_for(is_gzipped=False, is_chunked=True) is CHUNKED
    assert encoder_for(is_gzipped=False, is_chunked=False) is IDENTITY


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("is_gzipped", [False, True])
@given(steps=steps)
def test_a_stream_that_begins_without_a_frame_is_whole_too(
    is_gzipped: bool, is_chunked: bool, steps: list[Piece | bytes]
) -> None:
    encoder = encoder_for(is_gzipped=is_gzipped, is_chunked=is_chunked)
    body = encoder.begin(retry(1234))
    for step in steps:
        body += encoder.event(step) if isinstance(step, Piece) else encoder.text(step)
    body += encoder.last(retry(2000))
    if is_chunked:
        body = unchunked(body)
    text = gzip.decompress(body) if is_gzipped else body
    events = [step.event if isinstance(step, Piece) else step for step in steps]
    assert text == b"".join([retry(1234), *events, retry(2000)])
