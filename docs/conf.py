"""How the documentation is built: ``make docs``."""

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
    "docs._ext.generated",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_ext"]
html_theme = "furo"
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

# In docstrings a single backtick names something of Python's and links to it where it can.
default_role = "py:obj"
nitpick_ignore_regex = [
    # Many of those names are arguments, fields and values, which have no page of their own.
    ("py:obj", r".*"),
    # Types of NumPy, pandas and Python: their inventories would have to be fetched.
    ("py:class", r"(np|numpy|pd|pandas|os|collections|typing)\..*"),
    ("py:class", r"(Any|ArrayLike|NDArray|Callable|Iterable|Sequence|Mapping|Literal)"),
    # Names of types inside evalkit that only annotations use; the text says what they hold.
    ("py:class", r"evalkit\..*|[A-Z]\w+"),
]
