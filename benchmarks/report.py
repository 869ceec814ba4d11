"""A report of two models on ten classes beside Evidently's and skore's, of the same predictions.

python -m benchmarks.report [--json FILE]        # from an environment with evidently and skore

Built from scikit-learn-like predictions of 10,000 samples, then opened in Chromium from a file with
the network blocked. Evidently and skore want versions of their own: an environment apart, with
evalkit, playwright and axe-playwright-python in it, measures all three; what is missing is named.
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
    """What one tool's page costs and shows; None where it was not measured.

    Attributes
    ----------
    milliseconds : from predictions in memory to HTML, imports done, the best of the rounds.
    rendering : of those, what the page takes once everything is computed; evalkit only.
    kilobytes : of the file.
    requests : addresses outside the file that the page asks for.
    complaints : errors and warnings on the console.
    axe : rules of axe-core that the page breaks, by name.
    words, words_without_scripts : of text that a reader sees, with JavaScript on and off.
    charts : pictures drawn by SVG or canvas.
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
    stated = []
    for skill in (2.0, 2.2):
        scores = rng.gumbel(size=(SAMPLES, len(CLASSES)))
        scores[np.arange(SAMPLES), actual] += skill
        odds = np.exp(scores)
        stated.append(odds / odds.sum(axis=1, keepdims=True))
    return actual, stated


def comparison(actual: NDArray[np.intp], stated: list[NDArray[np.float64]]) -> evalkit.Comparison:
    """Return evalkit's comparison."""
    names = np.array(CLASSES)
    return evalkit.compare(
        [
            evalkit.evaluate(names[actual], y_proba=odds, classes=CLASSES, name=f"model {i}")
            for i, odds in enumerate(stated)
        ]
    )


def evidently(actual: NDArray[np.intp], stated: list[NDArray[np.float64]]) -> Callable[[], str]:
    """Return what builds Evidently's classification page: one model current, one reference."""
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
        for odds in stated:
            frame = pd.DataFrame(odds, columns=list(CLASSES))
            frame["target"], frame["prediction"] = names[actual], names[odds.argmax(axis=1)]
            data.append(Dataset.from_pandas(frame, data_definition=definition))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "evidently.html"
            Report([ClassificationPreset()]).run(*data).save_html(str(file))
            return file.read_text(encoding="utf-8")

    return build


def skore(actual: NDArray[np.intp], stated: list[NDArray[np.float64]]) -> Callable[[], str]:
    """Return what builds skore's comparison of estimators that state these probabilities."""
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skore import ComparisonReport, EstimatorReport

    names = np.array(CLASSES)

    class Stated(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        """An estimator that was fitted elsewhere: its inputs are its models' probabilities."""

        def __init__(self, first: int = 0) -> None:
            self.first = first

        # scikit-learn and skore name these arguments in their calls.
        def fit(self, X: Any, y: Any) -> Stated:  # noqa: ARG002 - nothing is left to fit
            self.classes_ = names
            return self

        def predict_proba(self, X: Any) -> Any:
            return np.asarray(X)[:, self.first : self.first + len(names)]

        def predict(self, X: Any) -> Any:
            return names[self.predict_proba(X).argmax(axis=1)]

    inputs, targets = np.hstack(stated), names[actual]
    fitted = [Stated(i * len(names)).fit(inputs, targets) for i in range(len(stated))]

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
    """Return the page with what a browser sees of it; as it is where there is no browser."""
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

        def refuse(route: Any) -> None:
            if route.request.url.startswith("file:"):
                route.continue_()
            else:
                requests[route.request.url] = None
                route.abort()

        context.route("**/*", refuse)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text))
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
    """Return the page of every tool that is here, and a line for each that is not."""
    data = predictions()
    pages, missing = [], []
    built: dict[str, Callable[[], str]] = {"evalkit": lambda: comparison(*data).to_html()}
    for name, make in (("evidently", evidently), ("skore", skore)):
        try:
            built[name] = make(*data)
        except Exception as error:  # noqa: BLE001 - a peer that does not import is a result
            missing.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    for name, build in list(built.items()):
        try:
            html = build()
        except Exception as error:  # noqa: BLE001 - and so is one that builds no page
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
    """Measure every page, print the table and what is missing, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pages, missing = measure()
    print(table(pages))
    for page in pages:
        for what, names in (("breaks", page.axe), ("asks for", page.requests)):
            if names:
                print(f"{page.tool} {what} {', '.join(names)}")
    for line in missing:
        print(f"not measured: {line}")
    if options.json:
        record = {"pages": [asdict(page) for page in pages], "not_measured": missing}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
