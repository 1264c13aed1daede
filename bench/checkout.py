"""Which checkout of this project is measured: this one, or another with a `.venv` of its own."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


class CheckoutError(Exception):
    """A folder that is not a checkout with an environment."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder, and the Python that has its packages."""

    folder: Path
    python: Path

    @classmethod
    def of(cls, folder: Path) -> "Checkout":
        """The one in this folder.

        Raises:
            CheckoutError: It has no `.venv/bin/python`.
        """
        python = folder.absolute() / ".venv" / "bin" / "python"
        if not python.exists():
            raise CheckoutError(f"{folder} must be a checkout with an environment: there is no {python}")
        return cls(folder.absolute(), python)

    @property
    def environment(self) -> dict[str, str]:
        """What makes its Python find the benchmarks of this checkout, beside its own packages."""
        return {"PYTHONPATH": str(ROOT)}


OURS: Final = Checkout(ROOT, Path(sys.executable))
