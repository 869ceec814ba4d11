"""Render a comparison as one HTML file."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from markupsafe import Markup

from evalkit.errors import InputError
from evalkit.report.context import collect
from evalkit.report.data import as_json, class_bands, page_data, samples_data
from evalkit.report.downloads import downloads
from evalkit.report.figures import page_figures
from evalkit.report.packing import packed
from evalkit.report.palette import cell_rules, model_rules
from evalkit.report.plotly_bundle import plotly_bundle
from evalkit.report.policy import content_security_policy
from evalkit.report.sections.confusion import MOST_CELLS
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jinja2

    from evalkit.compare.comparison import Comparison

Plotly = Literal["inline", "cdn", "none"]

SHARED_SCRIPTS = ("page", "tooltip", "slider", "copying", "contents", "links", "theme")
"""Scripts shared by all sections; those of the sections follow, and ``main`` starts them."""
CHART_SCRIPTS = {"plotting", "confusion-heatmap", "probability", "training"}
"""Scripts that are needed only for charts."""
SCRIPTS_OF_MANY = {"confusion-overview", "confusion-pairs"}
"""Scripts that are needed only for many classes."""


def render_html(
    comparison: Comparison, *, title: str | None = None, plotly: Plotly = "inline"
) -> str:
    """Return the report of a comparison as one self-contained HTML page.

    Parameters
    ----------
    title : of the page; made from the names of the models if absent.
    plotly : ``"inline"`` includes the plotting library, ``"cdn"`` links to it with an integrity
        hash, ``"none"`` omits charts. Tables hold all numbers in each case.

    Raises
    ------
    InputError
        If `plotly` is another value.
    """
    if plotly not in get_args(Plotly):
        raise InputError(f"plotly is {plotly!r}, expected inline, cdn or none.")
    with ThreadPoolExecutor(max_workers=1) as pool:
        # Compressing the library takes as long as all other work, and releases the GIL.
        packing = None if plotly == "none" else pool.submit(plotly_bundle)
        subject = Subject(comparison)
        page = collect(subject, title=title)
        environment = page_environment()
        template = environment.get_template("report.html.j2")
        stems = [section.stem for section in page.sections]
        for stem in stems:
            environment.get_template(f"sections/{stem}.html.j2")  # compiled here, kept for later
        parts = {
            "entries": {section.stem: section.entry for section in page.sections},
            "style": Markup(_style(environment, stems)),  # noqa: S704 - the package's own files
            "pictures": Markup(subject.samples.style()),  # noqa: S704 - numbers and base64
            "samples": packed(as_json(samples_data(subject))) if subject.samples.rows else "",
            "data": packed(as_json(page_data(subject))),
            "figures": packed(as_json({} if packing is None else page_figures(subject))),
            "bands": packed(as_json(class_bands(subject))),
            "downloads": downloads(subject),
        }
        bundle = None if packing is None else packing.result()
    left_out = (CHART_SCRIPTS if bundle is None else set()) | (
        set() if subject.n_classes > MOST_CELLS else SCRIPTS_OF_MANY
    )
    script = _script(environment, stems, left_out)
    started = {
        name: template_source(environment, f"js/{stem}.js")
        for name, stem in (("head_script", "theme-head"), ("loading_script", "loading"))
    }
    scripts, hosts = [*started.values(), script], []
    if bundle is not None and plotly == "inline":
        scripts.append(bundle.source)
    if bundle is not None and plotly == "cdn":
        hosts.append(bundle.address)
    return template.render(
        page=page,
        policy=content_security_policy(scripts, hosts=hosts),
        script=packed(script),
        **{name: Markup(text) for name, text in started.items()},  # noqa: S704 - the package's own
        plotly=plotly,
        bundle=bundle,
        **parts,
    )


def templates_folder() -> Path:
    """Return the folder of the templates: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    inside, beside = package / "templates", package.parent / "templates"
    return inside if inside.is_dir() else beside


@lru_cache(maxsize=1)
def page_environment() -> jinja2.Environment:
    """Return the template environment, which escapes all values."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        optimized=False,  # folding constants takes a third of the compile time for nothing
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def _script(environment: jinja2.Environment, stems: list[str], left_out: set[str]) -> str:
    """Return the script of the page, in its own scope."""
    available = environment.list_templates()
    wanted = (*SHARED_SCRIPTS, "plotting", *_section_scripts(available, stems), "main")
    parts = [
        template_source(environment, f"js/{stem}.js") for stem in wanted if stem not in left_out
    ]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();"])


def _section_scripts(available: list[str], stems: list[str]) -> Iterator[str]:
    """Yield the scripts of each section: first its parts (``stem-part``), then its own."""
    for stem in stems:
        parts = sorted(name for name in available if name.startswith(f"js/{stem}-"))
        own = [f"js/{stem}.js"] if f"js/{stem}.js" in available else []
        yield from (Path(name).stem for name in (*parts, *own))


def _style(environment: jinja2.Environment, stems: list[str]) -> str:
    """Return the style sheet of the page."""
    available = set(environment.list_templates())
    names = [
        f"css/{stem}.css" for stem in ("page", "tables", "controls", *stems, "narrow", "print")
    ]
    parts = [template_source(environment, name) for name in names if name in available]
    return "\n".join([model_rules(), *parts, cell_rules()])


def template_source(environment: jinja2.Environment, name: str) -> str:
    """Return a script or style sheet without comments and indentation."""
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    if name.endswith(".css"):
        return _compact_style(source)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _compact_style(source: str) -> str:
    """Return a style sheet without comments and blanks that mean nothing.

    No string of a style sheet contains a brace, a semicolon, a colon or a comma.

    >>> _compact_style("/* Ink */ a :is(b, i) { color: red; margin: 0 4px; }")
    'a :is(b,i){color:red;margin:0 4px}'
    """
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = re.sub(r"\s*([{};])\s*", r"\1", source)
    return re.sub(r"([:,])\s+", r"\1", source).replace(";}", "}").strip()
