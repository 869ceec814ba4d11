"""The directive ``picture``: a picture of the report or the terminal, light and dark.

Its argument is a name in ``docs/pictures/``, its content the text for readers who do not see it.
The option ``report`` links the picture to a report of the gallery. ``make pictures`` makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

THEMES = ("light", "dark")


class Picture(SphinxDirective):
    """Show one of two images, by the theme of the page."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], str]] | None] = {
        "report": directives.unchanged_required
    }

    def run(self) -> list[nodes.Node]:
        """Return both images, with a link to the report if there is one."""
        self.assert_has_content()
        name, alt = self.arguments[0], " ".join(" ".join(self.content).split())
        images = [
            nodes.image(uri=f"/pictures/{name}-{theme}.png", alt=alt, classes=[f"only-{theme}"])
            for theme in THEMES
        ]
        if "report" not in self.options:
            return [nodes.container("", *images, classes=["picture"])]
        address = f"gallery/{self.options['report']}.html"
        linked = [
            nodes.reference("", "", image, refuri=address, classes=image["classes"])
            for image in images
        ]
        link = nodes.reference("", "Open the live report", refuri=address)
        return [
            nodes.container("", *linked, classes=["picture"]),
            nodes.paragraph("", "", link),
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True}
