"""What the built book needs beyond _config.yml, as a Sphinx extension."""

import platform
from importlib.metadata import version

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


def setup(app):
    """Register the hooks."""
    app.add_directive("versions", Versions)
    app.connect("config-inited", drop_launch_button_without_address)
    app.connect("doctree-resolved", require_alt_text)
    app.connect("build-finished", print_execution_times)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def drop_launch_button_without_address(_app, config):
    """Leave the Colab button out while _config.yml names no repository (the theme would crash)."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def require_alt_text(_app, doctree, page):
    """Warn, and so fail the build, of an image without a description of what it shows."""
    for image in doctree.findall(nodes.image):
        alt = image.get("alt", "")
        if len(alt) < 60 or alt in image["uri"]:
            logger.warning("%s: image %s needs alt text, got %r", page, image["uri"], alt)


def print_execution_times(app, exception):
    """List the chapters by the time they took to run, slowest first."""
    if exception is None:
        runs = {
            page: data["exec_data"]["runtime"]
            for page, data in app.env.nb_metadata.items()
            if data.get("exec_data")
        }
        for page, seconds in sorted(runs.items(), key=lambda run: -run[1]):
            print(f"{seconds:6.1f} s  {page}")
        print(f"{sum(runs.values()):6.1f} s  all chapters together")


class Versions(SphinxDirective):
    """A table of what the book was built with."""

    def run(self):
        """Return the table."""
        names = ["vaelib", "torch", "numpy", "matplotlib", "jupyter-book", "sphinx"]
        rows = [("Python", platform.python_version())] + [(name, version(name)) for name in names]
        lines = ["| built with | version |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)]
        table = nodes.Element()
        self.state.nested_parse(StringList(lines), self.content_offset, table)
        return table.children
