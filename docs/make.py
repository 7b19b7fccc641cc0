"""Writes every page that is made from the code: `make docs`; a test compares what stands in the folder.

A maker is a module in `docs/makers` with `PAGE`, a file name in `docs`, and `render() -> str`.
"""

import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parent


def render_all() -> dict[Path, str]:
    """Path and text of every made page."""
    pages = {}
    for maker in sorted((DOCS / "makers").glob("*.py")):
        found = runpy.run_path(str(maker))
        pages[DOCS / found["PAGE"]] = found["render"]()
    return pages


if __name__ == "__main__":
    for path, text in render_all().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))
