"""Names of measurements, and of groups of them."""

from bench.measurement import GROUPS, MEASUREMENTS


def test_views_stands_for_all_measurements_of_views() -> None:
    assert GROUPS["views"] == (
        "views-plain",
        "views-many",
        "views-first",
        "views-fleet",
        "views-own",
        "views-memory",
        "views-bytes",
    )


def test_no_group_is_named_as_a_measurement() -> None:
    assert not GROUPS.keys() & MEASUREMENTS.keys()
