"""Writes the figures in `results/*.json` into `benchmarks/README.md`, between its markers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGE = FOLDER / "README.md"


def main() -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end -->` by the table of `results/NAME.json`."""
    page = PAGE.read_text(encoding="utf-8")
    for file in sorted((FOLDER / "results").glob("*.json")):
        marked = re.compile(rf"(<!-- {file.stem} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not marked.search(page):  # a benchmark that writes its own page
            continue
        text = table(json.loads(file.read_text(encoding="utf-8")))
        page = marked.sub(lambda found, text=text: found[1] + text + found[2], page)
    PAGE.write_text(page, encoding="utf-8")


def table(result: dict[str, Any]) -> str:
    """Return one result as a Markdown table with its machine and date."""
    columns = list(dict.fromkeys(column for row in result["rows"] for column in row))
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    lines += [
        "| " + " | ".join(_shown(row.get(column, "")) for column in columns) + " |" for row in result["rows"]
    ]
    note = f" {result['note'][0].upper()}{result['note'][1:].rstrip('.')}." if result["note"] else ""
    return "\n".join(lines) + f"\n\nRead on {result['date']} on {result['machine']}.{note}\n"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
