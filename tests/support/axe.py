"""What axe, which knows the rules of accessibility, finds on a page whose policy is bypassed to let it in."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

SCHEMES: Final = ("light", "dark")
LEAST_CHECKS: Final = 10
"""The number of rules that every page has something to check for."""


def assert_axe_finds_nothing(page: Page, node_packages: Path) -> None:
    """Run axe in both colour schemes. It must have checked something and found nothing."""
    page.add_script_tag(path=node_packages / "node_modules" / "axe-core" / "axe.min.js")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found: dict[str, Any] = page.evaluate("axe.run()")
        violations = [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]
        assert (scheme, violations) == (scheme, [])
        assert len(found["passes"]) > LEAST_CHECKS
