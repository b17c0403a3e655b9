"""Begin a chapter from a template that passes every gate, and put it into the table of contents.

    python tools/make_chapter.py NAME

The template is a small chapter that runs: replace its question, experiment and numbers by yours.
"""

import re
import sys

import install_cells
import nbformat
from built_book import ROOT

TOC = ROOT / "_toc.yml"
BEFORE = "  - caption: Assignments\n"

FIGURE = """\
import matplotlib.pyplot as plt
import torch

from vaelib import show_table

plt.style.use("vaelib.book")

torch.manual_seed(0)
sizes = [50, 4000]
means = {size: torch.randn(size, 1000).mean(dim=0) for size in sizes}
for size, mean in means.items():
    plt.hist(mean, bins=40, range=(-0.5, 0.5), alpha=0.7, label=size)
plt.xlabel("mean of the draws")
plt.ylabel("how often, in 1,000")
plt.legend(title="draws in a mean");"""
ALT = (
    "Two histograms of means, both centred on zero: the one of means of a few draws is wide, the "
    "one of means of many draws is a narrow peak in its middle."
)

PREDICT = """\
<details><summary>Predict: how much narrower is a mean of eighty times as many draws?</summary>

About 9 times: the square root counts.
</details>"""

TABLE = """\
spread = {size: mean.std().item() for size, mean in means.items()}
show_table(
    ["draws in a mean", "spread of the mean"],
    [[size, f"{value:.3f}"] for size, value in spread.items()],
)"""

CHECK = """\
# "A mean of 50 draws is off by about 0.14, a mean of 4,000 by about 0.016."
assert sizes[0] == 50
assert abs(spread[50] - 0.14) < 0.01
assert sizes[1] == 4000
assert abs(spread[4000] - 0.016) < 0.0015"""

CHECK_QUIZ = """\
# "By about 0.14."
assert abs(spread[50] - 0.14) < 0.01
# "By about 0.016."
assert abs(spread[4000] - 0.016) < 0.0015
# "About 9 times"
assert abs(spread[50] / spread[4000] - 9) < 0.8"""

QUIZ = {
    "How far is the mean of a few draws off?": "By about 0.14.",
    "How far is the mean of many draws off?": "By about 0.016.",
    "How many draws do half the error cost?": "4 times as many.",
    "What is the mean of the standard normal?": "It is 0.",
    "And its variance?": "It is 1.",
    "How many sizes did the experiment compare?": "It compared 2.",
}


def cells(name):
    """Return the template's cells as (kind, id, metadata, source)."""
    hidden = {"tags": ["remove-cell"]}
    picture = {
        "mystnb": {
            "code_prompt_hide": "Hide the code",
            "code_prompt_show": "Show the code",
            "image": {"alt": ALT},
        },
        "tags": ["hide-input"],
    }
    quiz = "\n\n".join(
        f"<details><summary>{number}. {question}</summary>\n\n{answer}\n</details>"
        for number, (question, answer) in enumerate(QUIZ.items(), start=1)
    )
    return [
        ("code", "install", hidden, install_cells.install_cell()),
        (
            "markdown",
            "question",
            {},
            f"# What does `{name}` ask?\n\n**The question.** Write the question of `{name}` here, "
            "as a reader would ask it.\n\n**The answer.** One or two sentences before any formula. "
            "The figure below shows it, the experiments after it measure it.",
        ),
        ("code", "means-plot", picture, FIGURE),
        ("markdown", "predict", {}, PREDICT),
        (
            "markdown",
            "measure",
            {},
            "## What you will measure\n\n1. How far is a mean of random draws off?",
        ),
        ("markdown", "experiment", {}, "## The experiment\n\nSay what is done, and why."),
        ("code", "experiment-table", {}, TABLE),
        (
            "markdown",
            "experiment-answer",
            {},
            "A mean of 50 draws is off by about 0.14, a mean of 4,000 by about 0.016. The error "
            "falls as the square root of the number of draws.",
        ),
        ("code", "check-experiment", hidden, CHECK),
        (
            "markdown",
            "takeaway",
            {},
            "## Take-away\n\nThe first sentence answers the question. The second says what it was "
            "measured with. The third says what it is good for.",
        ),
        ("markdown", "quiz", {}, f"## Quiz\n\n{quiz}"),
        ("code", "check-quiz", hidden, CHECK_QUIZ),
    ]


def main(name):
    """Write book/NAME.ipynb and its line in the table of contents."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        sys.exit(f"NAME is small letters, digits and _, such as free_bits; got {name!r}")
    path, toc = ROOT / "book" / f"{name}.ipynb", TOC.read_text(encoding="utf-8")
    if path.exists() or path.with_suffix(".md").exists():
        sys.exit(f"book/{name} is there already")
    if toc.count(BEFORE) != 1:
        sys.exit(f"_toc.yml: expected one line {BEFORE.strip()!r}, to put the chapter before it")
    made = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    notebook = nbformat.v4.new_notebook(
        cells=[
            made[kind](source, id=key, metadata=metadata)
            for kind, key, metadata, source in cells(name)
        ],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(notebook, path)
    entry = f"      - file: book/{name}\n"
    TOC.write_text(toc.replace(BEFORE, entry + BEFORE), encoding="utf-8")
    print(f"book/{name}.ipynb, and its line in _toc.yml. Next: `make serve NAME={name}`.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("which chapter? make chapter NAME=free_bits")
    main(sys.argv[1])
