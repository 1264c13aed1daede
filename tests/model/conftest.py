"""Reports of the models are short, and are parsed as long ones are: by their worker's last one."""

from collections.abc import Iterator

import pytest

from agent_status_publisher.contract.decoding import repeated


@pytest.fixture(autouse=True, scope="module")
def _even_short_reports_are_parsed_by_the_last_one() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated, "MIN_REPEATED_BYTES", 0)
        yield
