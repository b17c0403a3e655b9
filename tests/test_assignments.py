"""The assignments as instructors and learners meet them: released, filled in, graded."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader_course import (
    ASSIGNMENTS,
    ROOT,
    copy_course,
    graded_here,
    nbgrader,
    notebook_path,
    scores,
    solution_cells,
    submit,
)
from system import require

from grading import pool
from vaelib.checks.harness import UNFINISHED

WRONG = {
    "sampling": {
        "sampling-layer": """\
# EXERCISE: sampling-layer
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(logvar) * torch.randn_like(mu)
"""
    },
    "kl_loss": {
        "kl-divergence": """\
# EXERCISE: kl-divergence
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)
""",
        "kl-loss": """\
# EXERCISE: kl-loss
def kl_loss(mu, logvar):
    print("a print and a warning cost nothing")
    import warnings; warnings.warn("none at all")
    return kl_divergence(mu, logvar).mean()
""",
    },
    "encoder": {
        "encoder": """\
# EXERCISE: encoder
class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x):
        features = torch.relu(self.hidden(x))
        return self.mu(features), nn.functional.softplus(self.logvar(features))
"""
    },
    "log_variance": {
        "std-from-logvar": """\
# EXERCISE: std-from-logvar
def std_from_logvar(logvar):
    return torch.exp(logvar)
""",
        "gaussian-log-prob": """\
# EXERCISE: gaussian-log-prob
def gaussian_log_prob(z, mu, logvar):
    std = std_from_logvar(logvar)
    return torch.distributions.Normal(mu, std).log_prob(z).sum(dim=1)
""",
    },
    "elbo": {
        "negative-elbo": """\
# EXERCISE: negative-elbo
def negative_elbo(logits, x, mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return F.binary_cross_entropy_with_logits(logits, x) + kl.mean()
""",
        "train-step": """\
# EXERCISE: train-step
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
""",
    },
}
LOST = {  # the skills that the wrong answers lose; all others are kept
    "sampling": {"sampling-mean-and-spread", "sampling-gradients"},
    "kl_loss": {"kl-divergence-values", "kl-divergence-gradients"},
    "encoder": {"encoder-any-real-number"},
    "log_variance": {"std-from-logvar-values", "std-from-logvar-gradients"},
    "elbo": {
        "negative-elbo-value",
        "negative-elbo-reductions",
        "negative-elbo-gradients",
        "negative-elbo-trains",
        "train-step-value",
    },
}
NAMED = {  # what the feedback must say to the learner of the wrong answer
    "sampling": "exp(logvar) is the variance",
    "kl_loss": "the mean over dimensions was taken: the KL is their sum",
    "encoder": "an activation that gives no negative number on logvar",
    "log_variance": "exp(logvar) is the variance; sigma is exp(0.5 * logvar)",
    "elbo": "the reconstruction is averaged over pixels",
}


def graded_cells(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_is_what_the_source_generates(assignment, tmp_path):
    course = copy_course(tmp_path)
    nbgrader(course, "generate_assignment", assignment, "--no-db", "--force")
    released = notebook_path(ROOT / "exercises", assignment).read_bytes()
    assert notebook_path(course / "exercises", assignment).read_bytes() == released, (
        f"exercises/{assignment} is not what solutions/{assignment} generates: `make exercises`"
    )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_holds_no_solution_and_no_hidden_check(assignment):
    released = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    text = "\n".join(cell.source for cell in released.cells)
    assert not re.search(r"BEGIN (SOLUTION|HIDDEN)|seed=|Rubric", text)
    source = nbformat.read(notebook_path(ROOT / "solutions", assignment), 4)
    for cell in source.cells:
        for hidden in re.findall(
            r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)\s*### END", cell.source, flags=re.S
        ):
            for line in hidden.splitlines():
                assert line.strip() not in text, f"{line.strip()!r} is in the release"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_solution_cell_begins_with_its_marker(assignment):
    released = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    solutions = [
        cell
        for cell in released.cells
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code"
    ]
    assert solutions
    for cell in solutions:
        first = cell.source.splitlines()[0]
        assert first == f"# EXERCISE: {cell.metadata['nbgrader']['grade_id']}"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_points_in_the_text_are_the_points_of_the_cells(assignment):
    released = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    introduction = released.cells[1].source
    in_table = [int(points) for points in re.findall(r"^\| [^|]+ \| (\d+) \|", introduction, re.M)]
    assert in_table == [cell.metadata["nbgrader"]["points"] for cell in graded_cells(released)]


@pytest.fixture(scope="module")
def executed():
    """All releases, and an instructor's notebook, in one kernel: its start is what costs."""
    empty = nbformat.v4.new_code_cell("%reset -f")
    paths = [notebook_path(ROOT / "exercises", a) for a in ASSIGNMENTS]
    paths.append(notebook_path(ROOT / "solutions", "kl_loss"))
    notebooks = [nbformat.read(path, 4) for path in paths]
    cells = [cell for notebook in notebooks for cell in (empty, *notebook.cells)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the notebooks share some
    together = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(together, timeout=120, allow_errors=True).execute()
    return notebooks


@pytest.mark.slow
def test_unfinished_release_fails_only_at_checks_with_one_sentence(executed):
    *releases, _ = executed
    for released in releases:
        failed = 0
        for cell in released.cells:
            for output in cell.get("outputs", []):
                assert output.get("name") != "stderr", output
                if output["output_type"] == "error":
                    assert output["ename"] == "NotImplementedError", output
                    assert output["traceback"] == [UNFINISHED]
                    assert cell in graded_cells(released), cell.source
                    failed += 1
        assert failed


@pytest.mark.slow
def test_a_passed_check_says_so_and_stock_nbgrader_gives_all_its_points(executed):
    from nbgrader.utils import determine_grade  # nbgrader takes two seconds to import

    *_, right = executed
    *_, table = right.cells
    assert "7 of the 7 points" in table.outputs[0]["data"]["text/plain"]
    for cell in graded_cells(right):
        if cell.cell_type == "code":
            assert {output.get("name") for output in cell.outputs} == {"stdout"}, cell.outputs
            *_, last = "".join(output["text"] for output in cell.outputs).splitlines()
            assert last.startswith("passed: "), last
            assert determine_grade(cell) == (cell.metadata.nbgrader.points,) * 2


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The whole round: three learners hand in every assignment, and get feedback and a table."""
    require("bwrap")
    course = copy_course(tmp_path_factory.mktemp("a course with spaces"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "on_this_machine", graded_here)
        a_round(course)
    return course


def a_round(course):
    for assignment in ASSIGNMENTS:
        submit(course, "unfinished", assignment, {})
        submit(course, "right", assignment, solution_cells(assignment))
        submit(course, "wrong", assignment, WRONG[assignment])
        nbgrader(course, "generate_assignment", assignment, "--force")
        nbgrader(course, "autograde", assignment)
        nbgrader(course, "generate_feedback", assignment)
    nbgrader(course, "export")


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_autograde_scores(graded, assignment):
    released = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    points = {
        cell.metadata["nbgrader"]["grade_id"]: cell.metadata["nbgrader"]["points"]
        for cell in graded_cells(released)
        if cell.cell_type == "code"
    }
    assert scores(graded, "right", assignment) == points
    assert scores(graded, "wrong", assignment) == {
        skill: 0 if skill in LOST[assignment] else value for skill, value in points.items()
    }
    assert set(scores(graded, "unfinished", assignment).values()) == {0}


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_feedback_names_the_mistake(graded, assignment):
    page = graded / "feedback" / "wrong" / assignment / f"{assignment}.html"
    assert NAMED[assignment] in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_export_lists_every_learner(graded):
    rows = (graded / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 3 * len(ASSIGNMENTS)
