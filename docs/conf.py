"""Sphinx configuration of the documentation, which ``make docs`` builds."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from evalkit.version import __version__  # noqa: E402  the path is set above

project = "evalkit"
author = "The evalkit authors"
copyright = f"2026, {author}"  # noqa: A001  Sphinx's own name for it
version = release = __version__

extensions = [
    "docs._ext.docstrings",
    "docs._ext.gallery",
    "docs._ext.generated",
    "docs._ext.pictures",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_ext"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "article_footer_items": [],
    "footer_end": [],
    "footer_start": ["copyright"],
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "show_toc_level": 2,
}
html_sidebars: dict[str, list[str]] = {
    page: [] for page in ("index", "tutorial", "gallery", "changelog")
}
html_static_path = ["_static"]
html_css_files = ["evalkit.css"]
html_title = f"evalkit {release}"
html_show_sourcelink = False
html_copy_source = False
smartquotes_action = "D"

myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_custom_sections = [("Attributes", "params_style")]

# In docstrings, text in single backticks links to a Python object if there is one of this name.
default_role = "py:obj"
nitpick_ignore_regex = [
    # Many of these names are arguments, fields and values, which have no page.
    ("py:obj", r".*"),
    # Types of NumPy, pandas and Python would need inventories from the network.
    ("py:class", r"(np|numpy|pd|pandas|os|collections|typing)\..*"),
    ("py:class", r"(Any|ArrayLike|NDArray|Callable|Iterable|Sequence|Mapping|Literal)"),
    # Internal types of evalkit that only annotations use.
    ("py:class", r"evalkit\..*|[A-Z]\w+"),
]
