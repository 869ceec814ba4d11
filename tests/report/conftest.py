"""Comparisons to render, and a real browser to open them in: from a file, with the network off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.datasets.dataset import DatasetIdentity
from evalkit.report.render import render_html

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

Compare = Callable[..., Comparison]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ANIMALS = ("bird", "cat", "deer", "dog", "frog")
HOSTILE_CLASSES = (
    "</script><script>document.title='run'</script>",
    "{{7*7}}{% raw %}",
    "%{z}<b>bold</b>&amp;$x^2$",
    "'\"><svg onload=alert(3)>",
    "\u202eabc\u2066",
    "x" * 100_000,
    "x" * 100_000 + "y",
    "<a href='javascript:alert(4)'>q</a>\n\x00",
)
HOSTILE_MODELS = ("<img src=x onerror=alert(2)>", "\u202egnp.exe%{z}</title>")
HOSTILE_TITLE = "</title><img src=x onerror=alert(9)>{{7*7}}"


@cache
def _comparison(
    models: tuple[str, ...],
    classes: tuple[str, ...],
    n: int,
    seed: int,
    probabilities: bool,
    history: bool,
    dataset: str | None,
    never: int | None,
    replicates: int,
) -> Comparison:
    rng = np.random.default_rng(seed)
    K = len(classes)
    actual = rng.integers(0, K, n)
    ease = rng.normal(0, 0.6, K)
    evaluations = []
    for position, name in enumerate(models):
        scores = rng.gumbel(size=(n, K))
        scores[np.arange(n), actual] += 1.6 + ease[actual] + 0.4 * position
        if never is not None:
            scores[:, never] = -50.0
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        labels = np.array(classes, dtype=object)
        evaluation = evalkit.evaluate(
            labels[actual],
            labels[odds.argmax(axis=1)],
            y_proba=odds if probabilities else None,
            classes=classes,
            name=name,
        )
        rows = [
            {
                "epoch": epoch,
                "train_loss": 2.0 / epoch + 0.1 * position,
                "train_accuracy": 1 - 0.6 / epoch,
                "validation_loss": 2.2 / epoch + 0.15 * position,
                "validation_accuracy": 0.9 - 0.6 / epoch,
                "seconds": 1.5,
            }
            for epoch in range(1, 6)
        ]
        evaluations.append(
            replace(
                evaluation,
                dataset=None
                if dataset is None
                else DatasetIdentity(dataset, "file.npz", "as stored", "0f" * 32),
                history=tuple(rows) if history else (),
                best_epoch=4 if history else None,
                parameters=1234 if history else None,
                provenance={"File": f"{name[:20]}.pkl"},
            )
        )
    return evalkit.compare(evaluations, replicates=replicates, seed=seed)


@pytest.fixture(scope="session")
def make_comparison() -> Compare:
    """A comparison of seeded models; equal arguments give the same object."""

    def make(
        models: tuple[str, ...] = ("alpha", "beta"),
        classes: tuple[str, ...] = ANIMALS,
        *,
        n: int = 600,
        seed: int = 5,
        probabilities: bool = True,
        history: bool = True,
        dataset: str | None = "animals",
        never: int | None = None,
        replicates: int = 200,
    ) -> Comparison:
        return _comparison(
            models, classes, n, seed, probabilities, history, dataset, never, replicates
        )

    return make


@pytest.fixture(scope="session")
def two_models(make_comparison: Compare) -> Comparison:
    """Two models on five classes, with probabilities and histories."""
    return make_comparison()


@pytest.fixture(scope="session")
def hostile_comparison(make_comparison: Compare) -> Comparison:
    """Names that hold markup, templates, overrides, and a hundred thousand letters."""
    return make_comparison(HOSTILE_MODELS, HOSTILE_CLASSES, dataset="<h1>data</h1>{{7*7}}")


@cache
def _rare_class(costs: tuple[tuple[float, ...], ...] | None) -> Comparison:
    rng = np.random.default_rng(0)
    actual = (rng.random(3000) < 0.03).astype(int)
    evaluations = []
    for name, skill in (("logistic", 2.0), ("boosted", 4.0)):
        p = 1 / (1 + np.exp(4 - skill * actual - rng.normal(size=3000)))
        evaluations.append(evalkit.evaluate(actual, y_proba=np.c_[1 - p, p], name=name))
    return evalkit.compare(
        evaluations, replicates=50, costs=None if costs is None else np.array(costs)
    )


@pytest.fixture(scope="session")
def rare_class() -> Compare:
    """Two models of a rare class, with costs on request."""

    def make(costs: tuple[tuple[float, ...], ...] | None = None) -> Comparison:
        return _rare_class(costs)

    return make


@pytest.fixture(scope="session")
def three_groups() -> Comparison:
    """Three groups of four runs."""
    rng = np.random.default_rng(1)
    actual = rng.integers(0, 4, 400)
    return evalkit.compare(
        [
            evalkit.evaluate(
                actual,
                np.where(rng.random(400) < skill, actual, rng.integers(0, 4, 400)),
                name=f"{group}-{seed}",
                group=group,
            )
            for group, skill in (("adam", 0.5), ("sgd", 0.6), ("lion", 0.8))
            for seed in range(4)
        ],
        replicates=50,
    )


@dataclass
class Opened:
    """A page in the browser, with everything it asked for and said."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        """Whether it asked the network for nothing, said nothing and opened no dialog."""
        return not (self.requests or self.messages or self.dialogs)

    def draw_everything(self) -> None:
        """Scroll through the page until every chart is drawn."""
        for chart in self.page.locator(".chart:visible, .plot").all():
            chart.scroll_into_view_if_needed()
            identity = chart.get_attribute("id")
            self.page.wait_for_function(
                "id => document.getElementById(id).querySelector('.main-svg') !== null",
                arg=identity,
            )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip where there is none; a failure where it is required."""
    if CHROMIUM is None:
        if os.environ.get("EVALKIT_REQUIRE_BROWSER") == "1":
            pytest.fail("a browser is required here, and no chromium was found")
        pytest.skip("no chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    playwright = sync_api.sync_playwright().start()
    launched = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )
    yield launched
    launched.close()
    playwright.stop()


OpenPage = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Open HTML from a file in a context of its own, with every request refused and recorded."""
    contexts: list[BrowserContext] = []

    def open_page(
        html: str, *, fragment: str = "", started: bool = True, width: int = 1440, **options: Any
    ) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        options.setdefault("viewport", {"width": width, "height": 900})
        context = browser.new_context(**options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        opened = Opened(context.new_page())

        def refuse(route: Any) -> None:
            if route.request.url.startswith("file://"):
                route.continue_()
            else:
                opened.requests.append(route.request.url)
                route.abort()

        context.route("**/*", refuse)
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))

        def dismiss(dialog: Any) -> None:
            opened.dialogs.append(dialog.message)
            dialog.dismiss()

        opened.page.on("dialog", dismiss)
        opened.page.goto(path.as_uri() + fragment)
        if started and options.get("java_script_enabled", True):
            opened.page.locator("html[data-started=yes]").wait_for(state="attached")
        return opened

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def two_models_html(two_models: Comparison) -> str:
    """The page of two models, with the plotting library inside."""
    return render_html(two_models)
