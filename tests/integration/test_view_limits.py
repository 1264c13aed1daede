"""How many views there may be, and what is left of them."""

import re
from collections.abc import Sized
from pathlib import Path

import pytest

from agent_status_gateway.state.deadlines import SPARE_ENTRIES
from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


def test_a_view_too_many_is_unavailable_in_the_form_that_each_client_understands(
    real_redis: RedisServer, served: Served
) -> None:
    with (
        GatewayThread(real_redis.url, served, max_views=2) as gateway,
        Dashboard(gateway.ready().url, f"{STREAM}?channel=a") as first,
        ChangeReader(gateway.url, "channel=b") as second,
    ):
        first.wait_for_first()
        second.wait_for_first()
        with Dashboard(gateway.url, f"{STREAM}?channel=c") as third:
            wait_until(lambda: third.has_ended or third.body, "it is answered")
            assert "200 OK" in third.head
            wait_until(lambda: re.fullmatch(rb"retry: [1-4]\d{3}\n", third.body), "with a time to come back")
        program = gateway.get(f"{STREAM}?channel=c")
        assert program.status_code == 503
        assert program.json() == {"detail": "this replica has as many views as it may have"}
        assert 1 <= int(program.headers["retry-after"]) <= 4
        assert gateway.get(f"{STATUS}?channel=c").status_code == 200, "an answer holds no place"
        for query in ("channel=a", "channel=b&events=changes", "events=changes", "chanel=c"):
            with Dashboard(gateway.url, f"{STREAM}?{query}") as other:
                other.wait_for_first()
        second.close()
        with Dashboard(gateway.url, f"{STREAM}?channel=b") as last_of_second:
            wait_until(lambda: last_of_second.events or last_of_second.body, "it is answered")
        wait_until(lambda: len(gateway.app.replica.pipeline._audiences) == 1, "the view's place is free again")
        with Dashboard(gateway.url, f"{STREAM}?channel=c") as fourth:
            fourth.wait_for_first()


def test_a_key_has_its_own_number_of_views(real_redis: RedisServer, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("wall: geheim\nphone: secret\n")
    with GatewayThread(real_redis.url, served, max_views_per_key=1, api_keys_file=file) as gateway:
        with Dashboard(gateway.ready().url, f"{STREAM}?channel=a&key=geheim") as first:
            first.wait_for_first()
            refused = gateway.get(f"{STREAM}?channel=b&key=geheim")
            assert (refused.status_code, refused.json()["detail"]) == (
                503,
                "this key has as many views as it may have here",
            )
            for query in ("channel=b&key=secret", "channel=a&key=geheim", "key=geheim"):
                with Dashboard(gateway.url, f"{STREAM}?{query}") as other:
                    other.wait_for_first()
        wait_until(lambda: not len(gateway.app.replica.hub), "the places are free again")
        with Dashboard(gateway.url, f"{STREAM}?channel=b&key=geheim") as second:
            second.wait_for_first()


@pytest.mark.slow
def test_a_thousand_views_that_come_and_go_leave_nothing_behind(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    audiences = gateway.app.replica.pipeline._audiences
    places = gateway.app.replica.hub._places
    kinds = ("session=s:{}", "channel=c{}", "state=error&label=n:{}", "parent=p:{}&events=changes")
    for number in range(250):
        readers = [Dashboard(gateway.url, f"{STREAM}?{kind.format(number)}") for kind in kinds]
        for reader in readers:
            reader.wait_for_first()
        if not number % 50:
            fleet.session("web:1").tool_running(f"{number}")
        for reader in readers:
            reader.close()
    wait_until(lambda: not len(gateway.app.replica.hub), "all streams have ended")
    kept: list[Sized] = [
        audiences._by_view,
        audiences._by_name,
        audiences._following,
    ]
    assert audiences._filing.is_empty
    kept += [audiences._concerned - {audiences.plain}, gateway.app.replica.hub.waiting]
    kept += [places._by_key, places._by_address, places._views, places._views_by_key]
    assert [len(one) for one in kept] == [0] * len(kept)
    for deadlines in (audiences._due, audiences._wanted):
        assert len(deadlines._moments) <= 1
        assert len(deadlines._heap) <= SPARE_ENTRIES + 2
