"""What the built book needs beyond _config.yml, as a Sphinx extension."""

import platform
from importlib.metadata import version

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


def setup(app):
    """Register the hooks."""
    app.add_node(Times)
    app.add_directive("status-tables", StatusTables)
    app.connect("doctree-resolved", list_execution_times)
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


def execution_times(app):
    """Return the seconds that each page took to run, slowest first."""
    runs = {
        page: data["exec_data"]["runtime"]
        for page, data in app.env.nb_metadata.items()
        if data.get("exec_data")
    }
    return dict(sorted(runs.items(), key=lambda run: -run[1]))


def print_execution_times(app, exception):
    """List the chapters by the time they took to run, slowest first."""
    if exception is None:
        for page, seconds in execution_times(app).items():
            print(f"{seconds:6.1f} s  {page}")
        print(f"{sum(execution_times(app).values()):6.1f} s  all chapters together")


class Times(nodes.General, nodes.Element):
    """The place of the table of execution times, which are known once every page is read."""


class StatusTables(SphinxDirective):
    """What the book was built with, and how long each page ran."""

    def run(self):
        """Return the first table, and the place of the second."""
        names = ["vaelib", "torch", "numpy", "matplotlib", "jupyter-book", "sphinx"]
        versions = [["Python", platform.python_version()], *([n, version(n)] for n in names)]
        return [table(["built with", "version"], versions), Times()]


def list_execution_times(app, doctree, page):
    """Fill the place of the table of execution times."""
    for place in list(doctree.findall(Times)):
        rows = []
        for name, seconds in execution_times(app).items():
            link = nodes.reference("", app.env.titles[name].astext())
            link["refuri"] = app.builder.get_relative_uri(page, name)
            rows.append([link, f"{seconds:.1f}"])
        total = sum(execution_times(app).values())
        place.replace_self(table(["page", "seconds"], [*rows, ["all", f"{total:.1f}"]]))


def table(header, rows):
    """Return a table of two columns, the second to the right."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=50) for _ in header), cols=len(header))
    for part, lines in (nodes.thead(), [header]), (nodes.tbody(), rows):
        group += part
        for line in lines:
            row = nodes.row()
            part += row
            for cell, side in zip(line, ("left", "right"), strict=True):
                text = nodes.Text(cell) if isinstance(cell, str) else cell
                row += nodes.entry("", nodes.paragraph("", "", text), classes=[f"text-{side}"])
    return nodes.table("", group, classes=["colwidths-auto"])
