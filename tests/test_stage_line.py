"""The line that readers write on the stage: the page's verdict is that of vaelib's checks."""

import json
import re
from base64 import b64decode
from textwrap import dedent

import make_stage
import pytest
import torch
from answers import BANKS, answer, ours, run, skills
from stage_page import STATIC, stage

pytestmark = pytest.mark.slow
ACTS = [9]

HEADS = {
    "sampling": r"class Sampling\(nn\.Module\):\n    def forward\(self, mu, logvar\):\n",
    "kl_loss": r"def kl_divergence\(mu, logvar\):\n",
}
JUDGES = {"sampling": "judgeZ", "kl_loss": "judgeKl"}
PIECES = {"sampling": "Sampling", "kl_loss": "kl_divergence"}


def lines_of(subject, source):
    """The body of the one function that an answer consists of, or None."""
    found = re.fullmatch(HEADS[subject] + r"((?: {4}.*\n?|\n)*)", source.lstrip("\n"))
    return dedent(found[1]) if found and "return" in found[1] else None


def verdict(subject, name):
    """What the checks say: whether it is right, and the first cause that they name."""
    names, right = answer(subject, name), True
    for skill in skills(subject, ours(subject, name).source, training=False):
        if BANKS[subject].judged[skill] == PIECES[subject]:
            failure = run(subject, skill, names)
            if failure and failure.likely:
                return False, failure.likely
            right = right and failure is None
    return right, ""


@pytest.mark.parametrize("subject", ["sampling", "kl_loss"])
def test_page_and_python_give_the_same_verdict(visit, subject):
    page = visit(reduced_motion="reduce")
    bank = BANKS[subject]
    chosen = [*bank.right, *list(bank.wrong)[::2]]  # the checks take a third of a second each
    bodies = {name: lines_of(subject, ours(subject, name).source) for name in chosen}
    bodies = {name: body for name, body in bodies.items() if body}
    script = """(stage, bodies) => bodies.map((body) => {
        try { return stage.%s(body); } catch (error) { return { unread: error.message }; }
    })"""
    judged = stage(page, script % JUDGES[subject], list(bodies.values()))
    read = {}
    for name, found in zip(bodies, judged, strict=True):
        if "unread" in found:
            print(f"not read: {name}: {found['unread']}")
        else:
            read[name] = found["right"], found["likely"]
    differing = {name: (found, verdict(subject, name)) for name, found in read.items()}
    differing = {name: pair for name, pair in differing.items() if pair[0] != pair[1]}
    right = sum(is_right for is_right, _ in read.values())
    print(f"{subject}: {right} right and {len(read) - right} wrong forms were read")
    print("".join(f"\n{name}: {pair}" for name, pair in differing.items()))
    assert differing == {}
    assert right >= 12 and len(read) - right >= 25


def test_what_the_page_cannot_read_is_said_and_never_run(visit):
    page = visit(reduced_motion="reduce")
    hostile = [
        "",
        "z = mu +",
        "z = alert(1)",
        "z = mu.constructor",
        "z = torch.constructor(mu)",
        "z = mu['constructor']",
        "z = window.name",
        "z = __proto__",
        "z = torch.randn(10**9, device=mu.device)",
        "(" * 1500,
        "-" * 1999 + "mu",
        "z = mu; import os",
        "z = torch.exp(mu, logvar)",
        "x" * 3000,
    ]
    box = page.locator('[data-act="9"] .z textarea')
    for text in hostile:
        box.fill(text)
        page.get_by_role("button", name="Try this z").click()
        said = page.locator('[data-act="9"] .z .verdict').inner_text()
        assert said.startswith("Not read: "), (text, said)


def test_the_reader_types_a_line_and_is_told_the_mistake(visit):
    page = visit(reduced_motion="reduce")
    act = page.locator('[data-act="9"]')
    box = act.locator(".z textarea")
    box.fill("z = mu + torch.exp(logvar) * torch.randn_like(mu)")
    box.press("Control+Enter")
    assert "exp(logvar) is the variance" in act.locator(".z .verdict").inner_text()
    box.fill("std = torch.exp(0.5 * logvar)\nz = mu + std * torch.randn_like(std)")
    box.press("Control+Enter")
    assert act.locator(".z .verdict").inner_text().startswith("Right")
    assert "of image 4" in act.locator(".z .yours").nth(3).get_attribute("aria-label")
    act.locator(".kl textarea").fill("kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)")
    act.get_by_role("button", name="Try this KL").click()
    assert act.locator(".kl .verdict").inner_text().startswith("Right")


def test_script_and_table_are_those_of_the_sources():
    assert (STATIC / "stage.js").read_text(encoding="utf-8") == make_stage.bundle("main.js")

    def table(text):
        return json.loads(text.partition("=")[2].rstrip(";\n"))

    kept = table((STATIC / "mistakes.js").read_text(encoding="utf-8"))
    made = table(make_stage.mistakes())

    def same(one, other):
        """Whether all is equal, numbers (in base64) but for rounding."""
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same, one, other))
        if one == other or not isinstance(one, str):
            return one == other
        numbers = (
            torch.frombuffer(bytearray(b64decode(x)), dtype=torch.float32) for x in (one, other)
        )
        return torch.allclose(*numbers, rtol=1e-5, atol=1e-5, equal_nan=True)

    assert same(kept, made), "run `make stage`"
