"""Results as files: one JSON a measurement."""

import json
from pathlib import Path
from typing import Any

from bench.row import Row


def store(name: str, rows: list[Row], facts: dict[str, Any], folder: Path) -> Path:
    """Writes `<name>.json`; an older one is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    whole = {"measurement": name, **facts, "rows": [row.as_dict() for row in rows]}
    path.write_text(json.dumps(whole, indent=1) + "\n")
    return path
