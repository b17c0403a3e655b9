"""The worked answer of each assignment as a folded part of a page, from the instructor's notebooks.

A Sphinx extension: the directive `worked-answers` stands for all of them.
"""

import re

import nbformat
from built_book import ROOT
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SUMMARY = "<details><summary>A worked answer to {}: after your own attempt</summary>"


def setup(app):
    """Register the directive."""
    app.add_directive("worked-answers", WorkedAnswers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def worked(path):
    """Return the title of an assignment, and the cells of its answer as (kind, text)."""
    cells = nbformat.read(path, as_version=4).cells
    title = re.search(r"^# Assignment: (.*)$", cells[1].source, re.M)[1]
    answers = []
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            text = re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M)
            answers.append((cell.cell_type, text.split("**Rubric.**")[0].strip()))
    return title, answers


class WorkedAnswers(SphinxDirective):
    """Each assignment's code and written answers, folded."""

    def run(self):
        """Return the parts, in the order of the assignments' names."""
        found = []
        for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
            self.env.note_dependency(str(path))
            title, answers = worked(path)
            found.append(nodes.raw("", SUMMARY.format(title), format="html"))
            for kind, text in answers:
                if kind == "code":
                    found.append(nodes.literal_block(text, text, language="python"))
                else:
                    found += self.parse_text_to_nodes(text)
            found.append(nodes.raw("", "</details>", format="html"))
        return found
