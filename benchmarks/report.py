"""Compare a report of two models and ten classes with those of Evidently and skore.

python -m benchmarks.report [--json FILE]        # from an environment with evidently and skore

The reports are built from the same predictions of 10,000 samples and opened in Chromium with the
network blocked. Evidently and skore pin other versions of packages, so use a separate environment
with evalkit, playwright and axe-playwright-python. Missing tools are listed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import evalkit
from benchmarks.timing import best_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SAMPLES = 10_000
CLASSES = tuple(f"class {k}" for k in range(10))
ROUNDS = 3
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Page:
    """The measurements of one tool's page; None if not measured.

    Attributes
    ----------
    milliseconds : the best time from predictions in memory to HTML, without imports.
    rendering : the time of rendering alone; evalkit only.
    kilobytes : the size of the file.
    requests : the external addresses that the page requests.
    complaints : the number of errors and warnings on the console.
    axe : the names of the violated axe-core rules.
    words, words_without_scripts : the number of visible words, with and without JavaScript.
    charts : the number of SVG or canvas charts.
    """

    tool: str
    milliseconds: float
    kilobytes: float
    rendering: float | None = None
    requests: tuple[str, ...] | None = None
    complaints: int | None = None
    axe: tuple[str, ...] | None = None
    words: int | None = None
    words_without_scripts: int | None = None
    charts: int | None = None


def predictions() -> tuple[NDArray[np.intp], list[NDArray[np.float64]]]:
    """Return the actual classes and the probabilities of two models."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, len(CLASSES), SAMPLES)
    probabilities = []
    for skill in (2.0, 2.2):
        scores = rng.gumbel(size=(SAMPLES, len(CLASSES)))
        scores[np.arange(SAMPLES), actual] += skill
        odds = np.exp(scores)
        probabilities.append(odds / odds.sum(axis=1, keepdims=True))
    return actual, probabilities


def comparison(
    actual: NDArray[np.intp], probabilities: list[NDArray[np.float64]]
) -> evalkit.Comparison:
    """Return evalkit's comparison."""
    names = np.array(CLASSES)
    return evalkit.compare(
        [
            evalkit.evaluate(names[actual], y_proba=odds, classes=CLASSES, name=f"model {i}")
            for i, odds in enumerate(probabilities)
        ]
    )


def evidently(
    actual: NDArray[np.intp], probabilities: list[NDArray[np.float64]]
) -> Callable[[], str]:
    """Return a function that builds Evidently's classification report."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, MulticlassClassification, Report
    from evidently.presets import ClassificationPreset

    definition = DataDefinition(
        classification=[
            MulticlassClassification(
                target="target", prediction_labels="prediction", prediction_probas=list(CLASSES)
            )
        ]
    )
    names = np.array(CLASSES)

    def build() -> str:
        data = []
        for odds in probabilities:
            frame = pd.DataFrame(odds, columns=list(CLASSES))
            frame["target"], frame["prediction"] = names[actual], names[odds.argmax(axis=1)]
            data.append(Dataset.from_pandas(frame, data_definition=definition))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "evidently.html"
            Report([ClassificationPreset()]).run(*data).save_html(str(file))
            return file.read_text(encoding="utf-8")

    return build


def skore(actual: NDArray[np.intp], probabilities: list[NDArray[np.float64]]) -> Callable[[], str]:
    """Return a function that builds skore's comparison report of precomputed probabilities."""
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skore import ComparisonReport, EstimatorReport

    names = np.array(CLASSES)

    class PrecomputedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        """A classifier whose inputs are the precomputed probabilities of all models."""

        def __init__(self, first: int = 0) -> None:
            self.first = first

        # scikit-learn and skore pass these arguments by name.
        def fit(self, X: Any, y: Any) -> PrecomputedClassifier:  # noqa: ARG002  nothing to fit
            self.classes_ = names
            return self

        def predict_proba(self, X: Any) -> Any:
            return np.asarray(X)[:, self.first : self.first + len(names)]

        def predict(self, X: Any) -> Any:
            return names[self.predict_proba(X).argmax(axis=1)]

    inputs, targets = np.hstack(probabilities), names[actual]
    fitted = [
        PrecomputedClassifier(i * len(names)).fit(inputs, targets)
        for i in range(len(probabilities))
    ]

    def build() -> str:
        report = ComparisonReport(
            {
                f"model {i}": EstimatorReport(each, X_test=inputs, y_test=targets)
                for i, each in enumerate(fitted)
            }
        )
        return str(report._repr_html_())

    return build


def opened(html: str, page: Page) -> Page:
    """Return the page with the measurements of a browser, or unchanged without a browser."""
    try:
        import axe_playwright_python
        from playwright.sync_api import sync_playwright
    except ImportError:
        return page
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return page
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    words = "document.body.innerText.split(/\\s+/).filter(Boolean).length"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        requests: dict[str, None] = {}
        complaints: list[str] = []
        context = browser.new_context(viewport={"width": 1440, "height": 900})

        def block(route: Any) -> None:
            if route.request.url.startswith("file:"):
                route.continue_()
            else:
                requests[route.request.url] = None
                route.abort()

        context.route("**/*", block)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(file.as_uri())
        for _ in range(20):
            tab.mouse.wheel(0, 600)
            tab.wait_for_timeout(100)
        seen = {
            "words": tab.evaluate(words),
            "charts": tab.locator("svg.main-svg:first-child, canvas, img").count(),
        }
        tab.evaluate(axe)
        broken = tab.evaluate("axe.run().then((found) => found.violations.map((v) => v.id))")
        still = browser.new_context(java_script_enabled=False).new_page()
        still.goto(file.as_uri())
        text = still.locator("body").inner_text()
        browser.close()
    return Page(
        **{
            **asdict(page),
            **seen,
            "requests": tuple(requests),
            "complaints": len(complaints),
            "axe": tuple(broken),
            "words_without_scripts": len(text.split()),
        }
    )


def measure() -> tuple[list[Page], list[str]]:
    """Return the page of each installed tool, and a line for each missing one."""
    data = predictions()
    pages, missing = [], []
    built: dict[str, Callable[[], str]] = {"evalkit": lambda: comparison(*data).to_html()}
    for name, make in (("evidently", evidently), ("skore", skore)):
        try:
            built[name] = make(*data)
        except Exception as error:  # noqa: BLE001  a failing import is a result
            missing.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    for name, build in list(built.items()):
        try:
            html = build()
        except Exception as error:  # noqa: BLE001  a failing build is a result
            missing.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        milliseconds = best_milliseconds({name: build}, rounds=ROUNDS)[name]
        page = Page(name, milliseconds, len(html.encode()) / 1000)
        if name == "evalkit":
            done = comparison(*data)
            rendering = best_milliseconds({name: done.to_html}, rounds=ROUNDS)[name]
            page = Page(name, milliseconds, len(html.encode()) / 1000, rendering)
        pages.append(opened(html, page))
    return pages, missing


def table(pages: list[Page]) -> str:
    """Return the pages as aligned text."""
    heads: dict[str, Callable[[Page], str]] = {
        "tool": lambda page: page.tool,
        "build": lambda page: f"{page.milliseconds:,.0f} ms",
        "rendering": lambda page: "" if page.rendering is None else f"{page.rendering:,.0f} ms",
        "size": lambda page: f"{page.kilobytes:,.0f} kB",
        "requests": lambda page: _number(page.requests),
        "console": lambda page: _number(page.complaints),
        "axe": lambda page: _number(page.axe),
        "words": lambda page: _number(page.words),
        "no scripts": lambda page: _number(page.words_without_scripts),
        "charts": lambda page: _number(page.charts),
    }
    rows = [tuple(heads), *(tuple(cell(page) for cell in heads.values()) for page in pages)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def _number(value: int | tuple[str, ...] | None) -> str:
    if value is None:
        return "?"
    return f"{value if isinstance(value, int) else len(value):,}"


def main() -> None:
    """Measure all pages, print the table and missing tools, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pages, missing = measure()
    print(table(pages))
    for page in pages:
        for what, names in (("violates", page.axe), ("requests", page.requests)):
            if names:
                print(f"{page.tool} {what} {', '.join(names)}")
    for line in missing:
        print(f"not measured: {line}")
    if options.json:
        record = {"pages": [asdict(page) for page in pages], "not_measured": missing}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
