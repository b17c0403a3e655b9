"""What the judge says of honest work, right, wrong and unfinished; the faults are elsewhere."""

import json
import os
import re
import signal
import statistics
import subprocess
import time
from dataclasses import replace

import pytest
import torch
from answers import BANKS, answer, run
from hostile import notebook
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path
from system import require

import vaelib
from grading import judge as judge_module
from grading import pieces, proxy
from grading.judge import Judge
from grading.limits import Limits
from grading.verdict import KINDS
from vaelib.assignments import elbo, find, kl_loss, log_variance
from vaelib.checks.answer import find_answer

SECRET = b"the course's secret"
ENTRIES = [
    given
    for assignment in ("sampling", "kl_loss")
    for given in (BANKS[assignment].right | BANKS[assignment].wrong).values()
    # the judge knows nothing of vaelib's asked names, so these are other failures there
    if given.batch == "own"
    and "vaelib" not in str(given)
    # this takes as long as all others together; the checks themselves are tried with it
    and given.name != "MultivariateNormal"
]


@pytest.fixture(scope="module")
def judge():
    require("bwrap")
    with Judge(Limits(wait=60.0)) as judge:
        yield judge


def submitted(assignment, folder="solutions"):
    return notebook_path(ROOT / folder, assignment).read_bytes()


WRONG = """
import torch


def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()
"""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_solution_earns_all_points(judge, assignment):
    result = judge.grade(submitted(assignment), assignment, "ada", SECRET)
    assert (result.learner, result.assignment) == ("ada", assignment)
    assert [skill.grade_id for skill in result.skills] == [
        s.grade_id for s in find(assignment).skills
    ]
    for skill, known in zip(result.skills, find(assignment).skills, strict=True):
        assert skill.kind == "passed", skill
        assert skill.points == skill.maximum == known.points and skill.message == ""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_earns_none(judge, assignment):
    result = judge.grade(submitted(assignment, "exercises"), assignment, "ada", SECRET)
    assert {skill.kind for skill in result.skills} == {"failed"}, result.skills
    assert {skill.points for skill in result.skills} == {0.0}
    assert {skill.message for skill in result.skills} == {"not written yet"}


@pytest.mark.slow
@pytest.mark.parametrize("given", ENTRIES[::9], ids=lambda g: f"{g.assignment}-{g.name}")
def test_an_answer_of_the_banks_is_judged_as_in_the_notebook(judge, given):
    cell = notebook(BANKS[given.assignment].before + "\n" + given.source)
    result = judge.grade(cell, given.assignment, "ada", SECRET)
    lost = {
        known.check.__name__
        for known, skill in zip(find(given.assignment).skills, result.skills, strict=True)
        if skill.kind != "passed"
    }
    assert lost == set(given.loses), result.skills


@pytest.mark.slow
def test_a_wrong_answer_hears_what_the_notebook_says(judge):
    shape, by_hand, *_, loss_gradients = judge.grade(
        notebook(WRONG), "kl_loss", "ada", SECRET
    ).skills
    assert (shape.kind, by_hand.kind, loss_gradients.kind) == (
        "passed",
        "failed",
        "passed",  # a right kl_divergence stood in
    )
    assert by_hand.points == 0 and "Likely: the factor 0.5 is missing" in by_hand.message


@pytest.mark.slow
def test_an_error_is_shown_with_the_learners_line(judge):
    source = WRONG.replace("return (mu**2", "nowhere = undefined\n    return (mu**2")
    skill = judge.grade(notebook(source), "kl_loss", "ada", SECRET).skills[0]
    assert skill.kind == "learner error"
    assert "NameError: name 'undefined' is not defined, at `nowhere = undefined`" in skill.message


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "from vaelib import kl_divergence, kl_loss",
        "from vaelib.kl import kl_divergence as d\n\ndef kl_divergence(mu, logvar):\n"
        "    return d(mu, logvar)\n\ndef kl_loss(mu, logvar):\n    return d(mu, logvar).mean()",
        "import vaelib\n\ndef kl_divergence(mu, logvar):\n"
        "    return vaelib.kl_divergence(mu, logvar)\n\ndef kl_loss(mu, logvar):\n"
        "    return vaelib.kl_divergence(mu, logvar).mean()",
    ],
)
def test_vaelibs_own_version_is_found_out_and_told(judge, source):
    for skill in judge.grade(notebook(source), "kl_loss", "ada", SECRET).skills:
        assert not skill.points
        told = "Seen:   the answer takes kl_divergence from vaelib, where it is not to be had"
        assert skill.kind == "not found" or told in skill.message, skill


@pytest.mark.slow
def test_a_regrade_repeats_the_inputs_and_only_the_secret_tells_them(judge):
    def message(learner, secret):
        return judge.grade(notebook(WRONG), "kl_loss", learner, secret).skills[2].message

    first = message("ada", SECRET)
    assert re.search(r"the value of image \d+ is \d+\.\d+", first)
    assert message("ada", SECRET) == first
    assert len({first, message("grace", SECRET), message("ada", b"another")}) == 3


@pytest.mark.slow
def test_one_piece_is_not_held_against_the_other(judge):
    broken = notebook("def kl_divergence(mu, logvar) return", WRONG.split("\n\n\n")[2])
    verdicts = [s.kind for s in judge.grade(broken, "kl_loss", "ada", SECRET).skills]
    assert verdicts == ["syntax error"] * 4 + ["passed"] * 2
    lost = notebook("import torch", WRONG.split("\n\n\n")[2])
    result = judge.grade(lost, "kl_loss", "ada", SECRET).skills
    assert [s.kind for s in result] == ["not found"] * 4 + ["passed"] * 2
    assert [s.points for s in result] == [None] * 4 + [2.0, 1.0]


@pytest.mark.slow
def test_code_that_fails_as_it_runs_is_the_learners_error(judge):
    source = "import torch\nSIZE = undefined\ndef kl_divergence(mu, logvar, size=SIZE): return mu"
    skill = judge.grade(notebook(source), "kl_loss", "ada", SECRET).skills[0]
    assert skill.kind == "learner error"
    assert "there is no kl_divergence: NameError: name 'undefined'" in skill.message


@pytest.mark.slow
def test_what_is_printed_costs_nothing(judge):
    source = "calls = []\n" + notebook_cell("kl_loss").replace(
        "return 0.5",
        "import os, sys\n"
        "    calls.append(1)\n"
        "    much = 50 if len(calls) == 1 else 1\n"  # in the first call of each skill
        "    print('x' * 1_000_000 * much)\n"
        "    print('no', file=sys.stderr)\n"
        "    for _ in range(much): os.write(1, b'line\\n' * 200_000)\n"
        "    return 0.5",
    )
    result = judge.grade(notebook(source), "kl_loss", "ada", SECRET)
    assert {skill.kind for skill in result.skills} == {"passed"}, result.skills


def notebook_cell(assignment):
    """Return the code of a solution."""
    return find_answer(json.loads(submitted(assignment)), assignment).source


@pytest.mark.slow
def test_an_error_of_the_grader_is_retried_and_never_scored(judge, monkeypatch):
    tries = []

    def breaks(candidate, seed):
        tries.append(seed)
        raise ZeroDivisionError("ours")

    first, *rest = find("kl_loss").skills
    broken = replace(find("kl_loss"), skills=(replace(first, check=breaks), *rest))
    monkeypatch.setattr("vaelib.assignments.kl_loss.ASSIGNMENT", broken)
    result = judge.grade(submitted("kl_loss"), "kl_loss", "ada", SECRET)
    assert len(tries) == 2
    assert [skill.kind for skill in result.skills] == ["grader error"] + ["passed"] * 5
    assert result.skills[0].points is None and "ZeroDivisionError: ours" in result.skills[0].message


@pytest.mark.slow
def test_an_error_of_the_proxies_is_not_taken_for_the_learners(judge, monkeypatch):
    def broken(name, right):
        raise KeyError(name)

    monkeypatch.setattr(pieces, "source", broken)  # nothing to send for the wrong piece
    result = judge.grade(notebook(WRONG), "kl_loss", "ada", SECRET)
    assert [skill.kind for skill in result.skills[4:]] == ["grader error"] * 2


@pytest.mark.slow
def test_a_warm_process_that_is_killed_is_started_again(judge):
    bubblewrap = judge._jail._process.pid
    (warm,) = subprocess.check_output(["pgrep", "-P", str(bubblewrap)]).split()
    os.kill(int(warm), signal.SIGKILL)
    result = judge.grade(submitted("kl_loss"), "kl_loss", "ada", SECRET)
    assert {skill.kind for skill in result.skills} == {"passed"}, result.skills


def exchanges(judge, monkeypatch):
    """Return how often the jailed child is asked about a right sampling layer."""
    asked, ask = [], proxy.Session.ask
    monkeypatch.setattr(proxy.Session, "ask", lambda *a, **k: asked.append(1) or ask(*a, **k))
    result = judge.grade(submitted("sampling"), "sampling", "ada", SECRET)
    assert {skill.kind for skill in result.skills} == {"passed"}
    return len(asked)


@pytest.mark.slow
def test_many_small_calls_are_few_exchanges(judge, monkeypatch):
    together = exchanges(judge, monkeypatch)
    monkeypatch.delattr(proxy.Module, "run_where_it_is")
    alone = exchanges(judge, monkeypatch)
    assert together < 160 < 300 < alone


ODD = """
import torch
from torch import nn


class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        self.calls += mu.shape == (2, 32)
        return {} if self.calls % 120 == 119 else z
"""


@pytest.mark.slow
@pytest.mark.parametrize("odd, said", [("z[:1]", "shape"), ("None", "None"), ("1 / 0", "Zero")])
def test_one_odd_call_among_many_is_told(judge, odd, said):
    """In the jail and in a notebook alike."""
    source = ODD.replace("{}", odd)
    result = judge.grade(notebook(source), "sampling", "ada", SECRET)
    (fresh,) = [skill for skill in result.skills if skill.grade_id == "sampling-fresh-noise"]
    assert fresh.kind == ("learner error" if "/" in odd else "failed") and said in fresh.message
    names = {"__name__": "__main__"}
    exec(source, names)
    assert said in run("sampling", "fresh_noise", names).seen


def times_the_checks(judge, monkeypatch, marks=1, rounds=3):
    """Return a mark's CPU, here and in the jail, as a multiple of what its checks take unjailed.

    Of rounds in which both alternate, so that a busy machine slows both and turns nothing red.
    """
    worked, close, ratios = [], judge._jail.close, []
    monkeypatch.setattr(judge._jail, "close", lambda one: worked.append(close(one)) or worked[-1])
    names = answer("sampling", "textbook")
    torch.ones(2, device="meta").exp()  # the first such operation imports 800 modules
    for _ in range(rounds):
        worked.clear()
        began = time.process_time()
        for _ in range(marks):
            judge.grade(submitted("sampling"), "sampling", "ada", SECRET)
        marked = time.process_time()
        for skill in BANKS["sampling"].judged:
            assert run("sampling", skill, names) is None
        checked = time.process_time() - marked
        ratios.append((marked - began + sum(seconds for _, seconds in worked)) / checked)
    return statistics.median(ratios)


# Of a sampling layer, which is called most often, so that the way of its calls costs most: it took
# 2.2 times on a machine with other work.
GROSS = 4.5


@pytest.mark.slow
def test_a_mark_is_not_grossly_dearer_than_its_checks(judge, monkeypatch):
    ratio = times_the_checks(judge, monkeypatch)
    print(f"a mark takes {ratio:.1f} times the CPU of its checks")
    assert ratio < GROSS


@pytest.mark.slow
def test_a_gross_loss_of_speed_is_seen(judge, monkeypatch):
    assert times_the_checks(judge, monkeypatch, marks=5, rounds=1) > GROSS


def test_an_unknown_assignment_is_refused():
    with pytest.raises(ValueError, match=r"expected an assignment of elbo, .*, got 'physics'"):
        Judge().grade(b"{}", "physics", "ada", SECRET)


def test_every_verdict_has_its_name():
    assert len(KINDS) == len(set(KINDS)) == 9
    assert set(judge_module._TOLD) < set(KINDS)


def test_a_right_version_is_sent_as_source_that_needs_nothing_else():
    logits, x = torch.randn(5, 7), torch.rand(5, 7)
    mu, logvar = torch.randn(2, 5, 3)
    pairs = {
        kl_loss.right_divergence: (vaelib.kl_divergence, (mu, logvar)),
        log_variance.right_std: (vaelib.std_from_logvar, (logvar,)),
        elbo.right_elbo: (vaelib.negative_elbo, (logits, x, mu, logvar)),
        elbo.right_reconstruction: (
            lambda *given: vaelib.negative_elbo(*given, beta=0.0),
            (logits, x, mu, logvar),
        ),
    }
    for right, (reference, given) in pairs.items():
        names = {}
        exec(pieces.source("piece", right), names)
        torch.testing.assert_close(names["piece"](*given), reference(*given))
