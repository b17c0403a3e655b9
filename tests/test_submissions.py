"""What learners' notebooks go through on the way, and what real nbgrader makes of them."""

import copy
import hashlib
import html
import json
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader_course import ASSIGNMENTS, ROOT, copy_course, nbgrader, notebook_path, scores

from grading.feedback import _message, safe_html
from grading.repair import repair

DIVERGENCE = """\
# EXERCISE: kl-divergence
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(dim=1)"""
LOSS = """\
# EXERCISE: kl-loss
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()"""
FULL = {
    "kl-divergence-shape": 1,
    "kl-divergence-by-hand": 2,
    "kl-divergence-values": 2,
    "kl-divergence-gradients": 2,
    "kl-loss-value": 2,
    "kl-loss-gradients": 1,
}
OPEN = dict.fromkeys(FULL)
ALERT = "alert(1)"
SCRIPT = f"<script>{ALERT}</script><img src=x onerror={ALERT}>"
SHOWN = f"""\
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
for kind in HTML, Javascript, Latex, Markdown:
    display(kind("{SCRIPT}"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT.partition("<img")[0]}</svg>'))
print("{SCRIPT}")
raise ValueError("{SCRIPT}")"""
EXPLAINED = "The KL weighs 20 times less."


def released(assignment="kl_loss"):
    return json.loads(notebook_path(ROOT / "exercises", assignment).read_text(encoding="utf-8"))


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def answered(**answers):
    """Return the release with answers in it; by default right ones."""
    notebook = released()
    texts = {"kl-divergence": DIVERGENCE, "kl-loss": LOSS, "kl-explain": EXPLAINED} | {
        name.replace("_", "-"): text for name, text in answers.items()
    }
    for cell in notebook["cells"]:
        cell["source"] = texts.get(grade_id(cell), "".join(cell["source"]))
    return notebook


def cell_of(notebook, name):
    return next(cell for cell in notebook["cells"] if grade_id(cell) == name)


def without(notebook, *names):
    return notebook | {"cells": [c for c in notebook["cells"] if grade_id(c) not in names]}


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


def colab():
    """A notebook as Colab saves it, opened elsewhere too, with installs that fail."""
    notebook = answered(kl_divergence=f"!pip install no-such\n%no_such_magic 2.x\n{DIVERGENCE}")
    notebook["metadata"] = {
        "colab": {"provenance": [], "gpuType": "T4"},
        "accelerator": "GPU",
        "kernelspec": {"name": "no-such-kernel", "display_name": "R", "language": "R"},
        "language_info": {"name": "R"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {}},
    }
    notebook["nbformat_minor"] = 0
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"aB{number}", "outputId": "x", "colab": {"height": 35}}
        if grade_id(cell):
            cell["metadata"]["nbgrader"] |= {"colab_type": "code", "schema_version": 99}
    return notebook


def copied():
    """A solution cell and a check pasted again, ids and all, and the answer in the copy."""
    notebook = answered(kl_divergence=DIVERGENCE.replace("0.5", "1.0"))
    cells = notebook["cells"]
    again = copy.deepcopy(cell_of(notebook, "kl-divergence"))
    again["source"] = DIVERGENCE
    cells.insert(cells.index(cell_of(notebook, "kl-divergence")) + 1, again)
    cells.append(copy.deepcopy(cell_of(notebook, "kl-divergence-shape")))
    notebook["cells"].append(code("for broken in"))
    return notebook


def stripped():
    """No metadata, no imports, two checks deleted, and helpers in cells of their own."""
    divergence, loss = (piece.partition("return")[0] + "return " for piece in (DIVERGENCE, LOSS))
    notebook = without(
        answered(
            kl_divergence=f"{divergence}HALF * terms(mu, logvar).sum(dim=1)",
            kl_loss=f"{loss}mean(kl_divergence(mu, logvar))",
        ),
        "kl-divergence-shape",
        "kl-loss-gradients",
    )
    cells = [cell for cell in notebook["cells"] if cell.get("id") != "imports"]
    cells.insert(2, code("HALF = 0.5\nraise SystemError('not needed')"))
    cells.insert(3, code("def terms(mu, logvar):\n    return mu**2 + torch.expm1(logvar) - logvar"))
    wrong = "def mean(values):\n    return values.sum()"
    cells += [code(wrong), code("while True: pass")]
    return notebook | {"cells": [cell | {"metadata": {}} for cell in cells]}


def noisy():
    noise = """\
import logging, os, sys, warnings
warnings.warn("a warning")
print("said", file=sys.stderr)
class Loud:
    def __del__(self):
        print("gone", file=sys.stderr)
"""
    inside = """\
    warnings.warn("again"); logging.error("and again"); print("x", file=sys.stderr)
    os.write(2, b"straight to the descriptor"); keep = Loud()
    torch.range(0, 1)  # torch warns itself
    return"""
    return answered(
        kl_divergence=noise + DIVERGENCE.replace("    return", inside),
        kl_loss="'\\m'\n" + LOSS.replace("    return", inside) + f"\n{SHOWN}",
        kl_explain=f"a < b, **bold**, {SCRIPT} [link](javascript:{ALERT})",
    )


def text(notebook):
    return json.dumps(notebook).encode()


# What each learner hands in, by file name, and the scores that the code deserves.
BROKEN = "# EXERCISE: kl-loss\ndef kl_loss(mu, logvar)\n    return 1"
LOST = {"kl-loss-value": 0, "kl-loss-gradients": 0}
CASES = {
    "colab": ({"Copy of kl_loss (1).ipynb": text(colab())}, FULL),
    "copied": ({"kl_loss.ipynb": text(copied())}, FULL),
    "stripped": ({"homework.ipynb": text(stripped())}, FULL | LOST),
    "broken": ({"kl_loss.ipynb": text(answered(kl_loss=BROKEN))}, FULL | LOST),
    "noisy": ({"kl_loss.ipynb": text(noisy())}, FULL),
    "half": (
        {"kl_loss.ipynb": text(without(answered(), "kl-divergence", "kl-explain"))},
        OPEN | {"kl-loss-value": 2, "kl-loss-gradients": 1},
    ),
    "garbage": (
        {
            "kl_loss.ipynb": b"\x89PNG\r\n\x1a\n\x00\xff",
            "kl_loss (1).ipynb": b"",
            "elbo.ipynb": text(released("elbo")),
        },
        OPEN,
    ),
    "none": ({"answer.txt": b"see my mail"}, OPEN),
}


def put_right(files, assignment="kl_loss"):
    """Return what `repair` makes of these files, seen to be a notebook that nbgrader takes."""
    release = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    repaired = repair(release, assignment, files)
    notebook = nbformat.from_dict(repaired.notebook)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    kept = [cell for cell in notebook.cells if not cell.id.startswith("learner-")]
    assert [(c.id, c.metadata) for c in kept] == [(c.id, c.metadata) for c in release.cells]
    for cell, released_cell in zip(kept, release.cells, strict=True):
        assert cell.source == released_cell.source or cell.metadata.nbgrader.solution
    return repaired


def sources(repaired):
    """Return the code of the repaired notebook up to its last solution cell, without imports."""
    cells = [c["source"] for c in repaired.notebook["cells"] if c["cell_type"] == "code"]
    return [source for source in cells if "import" not in source]


def as_markdown(source, name=None, **more):
    metadata = {"nbgrader": {"grade_id": name}} if name else {}
    return {"cell_type": "markdown", "metadata": metadata, "source": source, **more}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_itself_is_put_right_to_the_release(assignment):
    release = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    repaired = put_right({"x.ipynb": text(release)}, assignment)
    assert repaired.notebook == release
    assert not repaired.not_found and not repaired.remarks


@pytest.mark.parametrize("made", [answered, colab, stripped, copied, noisy])
def test_putting_right_twice_is_putting_right_once(made):
    once = put_right({"kl_loss.ipynb": text(made())})
    again = put_right({"kl_loss.ipynb": text(once.notebook)})
    assert again == once and not once.not_found and not once.remarks


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "kl_loss.ipynb is empty"),
        (b" \n", "kl_loss.ipynb is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "cannot be read as a notebook"),
        (b"<html>Sign in</html>", "cannot be read as a notebook"),
        (b"[]", "cannot be read as a notebook"),
        (b'{"cells": 3}', "cannot be read as a notebook"),
        (b'{"cells": [{"cell_type": "code", "source": {}}]}', "cannot be read as a notebook"),
        (b"[" * 99_999, "cannot be read as a notebook"),
        (json.dumps(answered()).encode()[:-99], "cannot be read as a notebook"),
        (text(released("elbo")), "the notebook of another assignment, elbo"),
        (b'{"cells": []}', "no cell defines kl_divergence or kl_loss"),
    ],
)
def test_what_is_no_answer_is_open_and_said(content, said):
    repaired = put_right({"kl_loss.ipynb": content})
    assert set(repaired.not_found) == {*FULL, "kl-explain"}
    assert said in "; ".join(repaired.remarks)
    told = [cell["source"] for cell in repaired.notebook["cells"] if "Not judged" in cell["source"]]
    assert len(told) == 3 and all(said in note for note in told)


def test_other_encodings_of_a_notebook():
    assert not put_right({"kl_loss.ipynb": b"\xef\xbb\xbf" + text(answered())}).not_found
    assert put_right({"kl_loss.ipynb": json.dumps(answered()).encode("utf-16")}).not_found


def test_half_a_character_is_a_question_mark():
    whole = answered(kl_loss=LOSS + "  # \ud83d", kl_explain="\udc00")
    repaired = put_right({"kl_loss.ipynb": text(whole)})
    assert cell_of(repaired.notebook, "kl-loss")["source"] == LOSS + "  # ?"
    json.dumps(repaired.notebook, ensure_ascii=False).encode()


def test_a_notebook_of_format_3():
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": DIVERGENCE}]}]}
    repaired = put_right({"kl_loss.ipynb": text(old)})
    assert DIVERGENCE in sources(repaired)
    assert repaired.not_found == ("kl-loss-value", "kl-loss-gradients", "kl-explain")


def test_of_several_notebooks_the_one_with_the_answer_counts():
    other = answered(kl_loss=LOSS + "  # other")
    finished, unfinished = {"kl_loss-Copy1.ipynb": text(other)}, {"kl_loss.ipynb": text(released())}
    repaired = put_right(finished | unfinished)
    assert any(source.endswith("# other") for source in sources(repaired))
    assert repaired.remarks == ("2 notebooks were handed in, kl_loss-Copy1.ipynb was judged",)
    repaired = put_right(finished | {"kl_loss.ipynb": text(answered()), "z.ipynb": b"\xff"})
    assert LOSS in sources(repaired)
    assert "3 notebooks were handed in, kl_loss.ipynb was judged" in repaired.remarks


def test_the_name_of_a_file_is_no_markup():
    (remark, *_) = put_right({"`<b>*x*.ipynb": b""}).remarks
    assert remark == "??b??x?.ipynb is empty"


def test_helpers_stay_around_the_piece_they_were_around():
    names = "first", "between", "last"
    first, between, last = (code(f"def {name}(x):\n    return x") for name in names)
    one = code(DIVERGENCE.replace("0.5", "first(last(0.5))"))
    two = code(LOSS.replace(".mean()", ".mean() + between(0)"))
    order = [first, one, between, two, last]
    assert sources(put_right({"a.ipynb": text({"cells": order})}))[:5] == [
        cell["source"] for cell in order
    ]
    swapped = put_right({"a.ipynb": text({"cells": [first, two, between, one, last]})})
    assert sources(swapped)[:5] == [cell["source"] for cell in (first, between, last, one, two)]


def test_both_pieces_in_one_cell():
    both = f"{DIVERGENCE}\n\n{LOSS}"
    one, two = sources(put_right({"a.ipynb": text({"cells": [code(both)]})}))
    assert one == both and "stands in the cell kl-divergence" in two


PLACEHOLDER = as_markdown("".join(cell_of(released(), "kl-explain")["source"]))
ASKED = next(c for c in released()["cells"] if c["id"] == "explain-task")
PICTURE = {"a.png": {"image/png": "iVBORw0KGgo="}}


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ([ASKED, as_markdown("mine", "kl-explain")], "mine"),
        ([as_markdown("mine", "kl-explain"), ASKED, PLACEHOLDER], "mine"),
        ([ASKED, as_markdown("mine")], "mine"),
        ([ASKED, PLACEHOLDER, as_markdown("mine")], "mine"),
        ([ASKED, as_markdown("YOUR ANSWER HERE", "kl-explain"), as_markdown("mine")], "mine"),
        ([ASKED, as_markdown("one", "kl-explain"), as_markdown("two")], "one\n\ntwo"),
        ([ASKED, as_markdown("one", "kl-explain"), as_markdown("one", "kl-explain")], "one"),
        ([ASKED, code("mine") | {"cell_type": "raw"}], "mine"),
        ([ASKED, PLACEHOLDER], "YOUR ANSWER HERE"),
        ([ASKED, as_markdown("")], "YOUR ANSWER HERE"),
        ([as_markdown("".join(ASKED["source"]) + "\n\nmine")], "mine"),
    ],
)
def test_the_written_answer_is_kept(cells, kept):
    repaired = put_right({"kl_loss.ipynb": text({"cells": cells})})
    assert cell_of(repaired.notebook, "kl-explain")["source"].endswith(kept)
    assert "kl-explain" not in repaired.not_found


def test_pictures_in_a_written_answer_are_kept():
    answer = as_markdown("![](attachment:a.png)", "kl-explain", attachments=PICTURE)
    repaired = put_right({"kl_loss.ipynb": text({"cells": [answer]})})
    assert cell_of(repaired.notebook, "kl-explain")["attachments"] == PICTURE


def test_safe_html_keeps_what_markdown_makes():
    made = IPythonRenderer(escape=False)
    source = "# a\n\n*b* `c`\n\n> d\n\n| e |\n| --- |\n| f |\n\n![g](h.png)\n\n1. i\n\n$a < b$"
    rendered = MarkdownWithMath(renderer=made).render(source)
    for tag in "h1", "em", "code", "blockquote", "th", "td", "img", "ol", "li":
        assert f"<{tag}" in safe_html(rendered)
    assert "a &lt; b" in safe_html(rendered)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """All of them graded in one run, which ends well, and given feedback."""
    folder = copy_course(tmp_path_factory.mktemp("submissions"))
    for learner, (files, _) in CASES.items():
        place = folder / "submitted" / learner / "kl_loss"
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
    before = fingerprints(folder / "submitted")
    nbgrader(folder, "generate_assignment", "kl_loss", "--force")
    log = nbgrader(folder, "autograde", "kl_loss")
    (folder / "autograde.log").write_text(log, encoding="utf-8")
    nbgrader(folder, "generate_feedback", "kl_loss")
    assert fingerprints(folder / "submitted") == before
    return folder


def fingerprints(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("learner", CASES)
def test_graded_as_the_code_deserves(course, learner):
    assert scores(course, learner, "kl_loss") == CASES[learner][1]


def feedback(course, learner):
    return (course / "feedback" / learner / "kl_loss" / "kl_loss.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("learner", "said"),
    [
        ("stripped", "the sum over the batch was taken: divide by the number of images"),
        ("broken", "<strong>Python cannot read this cell</strong>: line 2: expected ':'"),
        ("broken", "NameError: name 'kl_loss' is not defined"),
        ("half", "no cell defines kl_divergence; the written answer kl-explain is gone"),
        ("half", "Not judged: nothing was found here."),
        ("garbage", "elbo.ipynb is the notebook of another assignment, elbo"),
        ("garbage", "kl_loss (1).ipynb is empty; kl_loss.ipynb cannot be read as a notebook"),
        ("none", "no notebook was handed in"),
        ("stripped", EXPLAINED),
    ],
)
def test_the_learner_is_told(course, learner, said):
    assert said in html.unescape(feedback(course, learner))


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["half", "garbage", "none"])
def test_staff_are_told_what_was_not_found(course, learner):
    log = (course / "autograde.log").read_text(encoding="utf-8")
    assert f"ERROR] {learner}, kl_loss: " in log
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("kl_loss", learner).needs_manual_grade


@pytest.mark.slow
@pytest.mark.parametrize("learner", CASES)
def test_feedback_shows_skills_and_points_but_no_hidden_check(course, learner):
    page = feedback(course, learner)
    graded = course / "autograded" / learner / "kl_loss" / "kl_loss.ipynb"
    assert "seed=2" in graded.read_text(encoding="utf-8")  # what is not to be seen
    seen = BeautifulSoup(page, "html.parser").get_text()  # highlighting cuts code into pieces
    assert "check.divergence_values(kl_divergence)" in seen
    assert "seed=" not in seen and "HIDDEN TESTS" not in seen
    skills = re.findall(r"<td>([^<]*)</td>\s*<td>(.) of \d</td>\s*<td>([^<]*)</td>", page)
    wanted = CASES[learner][1]
    assert [points for _, points, _ in skills[: len(wanted)]] == [
        "?" if score is None else str(score) for score in wanted.values()
    ]
    assert skills[1][0] == "kl_divergence: values by hand" and skills[6][0] == "written answer"


@pytest.mark.slow
def test_what_learners_write_is_no_markup_in_their_feedback(course):
    soup = BeautifulSoup(feedback(course, "noisy"), "html.parser")
    assert "&lt;script&gt;" in str(soup) and soup.find("strong", string="bold")
    assert not [script for script in soup.find_all("script") if ALERT in script.text]
    for element in soup.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")], element
        assert "javascript:" not in str(element.get("href")), element


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([], ""),
        ([new_output("stream", name="stdout", text="0.3")], ""),
        ([new_output("stream", name="stderr", text="secret")], "wrote to stderr"),
        ([new_output("error", ename="CheckFailed", evalue="Asked: a")], "Asked: a"),
        ([new_output("error", ename="NotImplementedError", evalue="")], "write your code"),
        ([new_output("error", ename="CellTimeoutError", evalue="")], "CellTimeoutError"),
        ([new_output("error", ename="NameError", evalue="no x")], "NameError: no x"),
    ],
)
def test_the_message_of_a_graded_cell(outputs, said):
    message = _message(outputs)
    assert said in message and bool(message) == bool(said) and "secret" not in message
