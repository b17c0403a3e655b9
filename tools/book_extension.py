"""What the built book needs beyond _config.yml, as a Sphinx extension."""

import os
import platform
import re
from html import escape
from importlib.metadata import version

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

# How a description begins that says only that there is one.
GENERIC = re.compile(
    r"(an?|the|this|some|\s)*(image|picture|figure|plot|graph|chart|diagram|photo|output|results?)\b",
    re.IGNORECASE,
)
CARD = "posteriors.png"  # the picture beside a link to a page
ICON_FILES = re.compile(r'<link rel="preload" as="font"[^>]*>|<script src="[^"]*awesome[^"]*">.*?>')


def setup(app):
    """Register the hooks."""
    app.add_node(Times)
    app.add_directive("status-tables", StatusTables)
    app.add_directive("vae", VaeDiagram)
    app.connect("doctree-resolved", list_execution_times)
    app.connect("config-inited", take_what_was_run)
    app.connect("env-get-outdated", read_pages_again)
    app.connect("config-inited", drop_thebe)
    app.connect("doctree-resolved", require_alt_text)
    app.connect("html-page-context", complete_head)
    app.connect("html-page-context", load_stage)
    app.connect("html-page-context", leave_out_mathjax, priority=900)  # after who adds it
    app.connect("build-finished", print_execution_times)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def take_what_was_run(_app, config):
    """Take the chapters' outputs from tools/make_book.py, where that has started this build."""
    if os.environ.get("COURSE_CHAPTERS_ARE_RUN"):
        config.nb_execution_mode = "cache"


def read_pages_again(*_):
    """Name the pages of `make page`, whose outputs may be new though their files are not."""
    return os.environ.get("COURSE_PAGES", "").split()


def drop_thebe(app, _config):
    """Silence sphinx-thebe, which Jupyter Book always loads: it names sites that we do not use."""
    for listeners in app.events.listeners.values():
        listeners[:] = [hook for hook in listeners if hook.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files[:] = [css for css in app.registry.css_files if "thebe" not in css[0]]


def complaint(alt, uri):
    """Return what is wrong with an image's description, or None."""
    if not alt or alt in uri:
        return "has no alt text"
    if len(alt) < 60:
        return f"has an alt text too short to say what it shows: {alt!r}"
    if GENERIC.match(alt):
        return f"has an alt text that begins with what it is, not with what it shows: {alt!r}"
    return None


def require_alt_text(_app, doctree, page):
    """Warn, and so fail the build, of an image without a description of what it shows."""
    seen = set()
    for image in doctree.findall(nodes.image):
        alt = image.get("alt", "")
        problem = complaint(alt, image["uri"])
        if alt in seen:
            problem = f"has the alt text of another image: {alt!r}"
        seen.add(alt)
        if problem:
            logger.warning("%s: image %s %s", page, image["uri"], problem)


# Files that some acts alone need; "all" has all acts.
STAGE_FILES = {"points.js": {"5", "8", "all"}, "digits.js": {"6", "all"}}


def load_stage(app, _page, _template, context, _doctree):
    """Give the pages with an act of the stage its files."""
    acts = set(re.findall('class="vae-stage" data-act="(.*?)"', context.get("body", "")))
    if acts:
        app.add_css_file("stage/stage.css")
        more = [name for name, users in STAGE_FILES.items() if acts & users]
        for name in ("models.js", "mistakes.js", *more, "stage.js"):  # in this order
            app.add_js_file(f"stage/{name}", loading_method="defer")


def leave_out_mathjax(_app, _page, _template, context, _doctree):
    """Take MathJax, 2 MB, from a page without formulas: Sphinx counts some that are not shown."""
    if not re.search(r'class="(math|[^"]* math)[ "]', context.get("body", "")):
        context["script_files"] = [
            file
            for file in context["script_files"]
            if "mathjax" not in (file.filename or "")
            and "MathJax" not in (file.attributes.get("body") or "")  # its settings
        ]


def complete_head(app, page, _template, context, doctree):
    """Describe the page to search engines, and leave out what the theme loads in vain.

    The icons come from a stylesheet and its fonts. The theme also preloads the fonts, which a
    browser refuses on file:// pages, and loads a script that draws the same icons once more.
    """
    title = app.env.titles[page].astext() if doctree else app.config.html_title
    about = (doctree and description(doctree)) or title
    tags = [
        ("name", "description", about),
        ("property", "og:type", "article"),
        ("property", "og:site_name", app.config.html_title),
        ("property", "og:title", title),
        ("property", "og:description", about),
    ]
    site = app.config.html_baseurl
    if site:  # where another site shows a link to this page as a card
        tags += [
            ("property", "og:url", site + app.builder.get_target_uri(page)),
            ("property", "og:image", f"{site}_static/{CARD}"),
            ("name", "twitter:card", "summary_large_image"),
        ]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta {key}="{name}" content="{escape(content)}" />\n' for key, name, content in tags
    )
    # A label other than the text it stands on is forbidden by WCAG 2.5.3.
    context["body"] = context.get("body", "").replace(' aria-label="Toggle hidden content"', "")
    # A table that is wider than the page scrolls: by keyboard too, in whatever font.
    table = 'class="pst-scrollable-table-container"'
    context["body"] = context["body"].replace(table, f'{table} tabindex="0"')
    context["without_icon_files"] = lambda html: ICON_FILES.sub("", html)


def description(doctree, most=200):
    """Return the first paragraph of a page, cut after a sentence or, failing that, a word."""
    paragraphs = doctree.findall(nodes.paragraph)
    texts = (node.astext() for node in paragraphs if isinstance(node.parent, nodes.section))
    text = " ".join(next(texts, "").split()).removeprefix("The question. ")
    if len(text) <= most:
        return text
    start = text[:most]
    sentence = max(start.rfind(mark) for mark in (". ", "? "))
    return start[: sentence + 1] if sentence > most / 3 else start.rsplit(" ", 1)[0] + " ..."


def execution_times(app):
    """Return the CPU seconds that each page took to run, dearest first."""
    runs = {
        page: data["exec_data"]["runtime"]
        for page, data in app.env.nb_metadata.items()
        if data.get("exec_data")
    }
    return dict(sorted(runs.items(), key=lambda run: -run[1]))


def print_execution_times(app, exception):
    """List the chapters by the CPU seconds they took to run, dearest first."""
    if exception is None and not os.environ.get("COURSE_PAGES"):
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


class VaeDiagram(SphinxDirective):
    """The diagram of a VAE, with the parts lit that the argument names."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return the diagram as it stands in a notebook."""
        from vaelib.display import show_diagram  # with torch, so only where it is needed

        html = show_diagram(*self.arguments[0].split()).html
        return [nodes.raw("", html, format="html")]


def list_execution_times(app, doctree, page):
    """Fill the place of the table of execution times."""
    for place in list(doctree.findall(Times)):
        rows = []
        for name, seconds in execution_times(app).items():
            link = nodes.reference("", app.env.titles[name].astext())
            link["refuri"] = app.builder.get_relative_uri(page, name)
            rows.append([link, f"{seconds:.1f}"])
        total = sum(execution_times(app).values())
        place.replace_self(table(["page", "CPU seconds"], [*rows, ["all", f"{total:.1f}"]]))


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
