"""Create the screenshots of the README: docs/report-light.png and docs/report-dark.png.

python scripts/make_screenshots.py report.html        # needs Playwright and Chromium
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(report: Path) -> None:
    """Open the report in both themes, wait for the charts, and save screenshots."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for theme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": 1440, "height": 2000},
                color_scheme="dark" if theme == "dark" else "light",
            )
            page.goto(report.resolve().as_uri())
            page.wait_for_selector("#confusion .js-plotly-plot", state="attached")
            page.screenshot(path=DOCS / f"report-{theme}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
