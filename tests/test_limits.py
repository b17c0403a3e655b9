"""What the jail and the grader promise, tried: these were green while the guard was gone."""

import errno
import json
import os
import pickle
import platform
import re
import time
from pathlib import Path

import pytest
from hostile import notebook
from nbgrader_course import ROOT
from sqlalchemy.exc import OperationalError
from system import require

from grading import judge as judge_module
from grading import limits, pool, wire
from grading.judge import Judge
from grading.limits import Limits
from grading.submission import Submission, read, when

LOSS = "def kl_loss(mu, logvar):\n    return mu.sum()\n"


@pytest.fixture(scope="module")
def judge():
    require("bwrap")
    with Judge(Limits(call=1.0, submission=6.0)) as judge:
        yield judge


@pytest.fixture
def limited(judge, monkeypatch):
    """Return a function that holds the next children of the one jail to other limits."""

    def limited(**changes):
        monkeypatch.setattr(judge, "_limits", Limits(**changes))
        monkeypatch.setattr(judge._jail, "_limits", Limits(**changes))
        return judge

    return limited


def tried(judge, body):
    """Run lines in the jail, where they set `found`; return what that is."""
    source = f"{body}\ndef kl_divergence(mu, logvar, found=found):\n    raise ValueError(found)\n"
    graded = judge.grade(notebook(source + LOSS), "kl_loss", "mallory", b"secret")
    (skill, *_) = graded.skills
    return skill


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("import resource\nfound = resource.getrlimit(resource.RLIMIT_NOFILE)[1]", "64"),
        ("import resource\nfound = resource.getrlimit(resource.RLIMIT_CPU)[1]", "7"),
        ("import platform\nfound = platform.node()", "jail"),
        (
            "import fcntl, socket\nfound = 'refused'\ntry:\n"
            "    fcntl.fcntl(0, fcntl.F_SETOWN, 1)\n    found = 'F_SETOWN'\n"
            "except PermissionError:\n    pass",
            "refused",
        ),
        (
            "import fcntl\nfound = 'refused'\ntry:\n    fcntl.lockf(0, fcntl.LOCK_SH)\n"
            "    found = 'a lock'\nexcept PermissionError:\n    pass",
            "refused",
        ),
        (
            "import socket, gc\nfound = 'refused'\n"
            "channel = next(o for o in gc.get_objects() if isinstance(o, socket.socket))\n"
            "try:\n    channel.send(b'x', socket.MSG_OOB)\n    found = 'urgent data'\n"
            "except PermissionError:\n    pass",
            "refused",
        ),
    ],
)
def test_a_limit_is_there(judge, body, seen):
    skill = tried(judge, body)
    assert f"ValueError: {seen}" in skill.message, skill


@pytest.mark.slow
def test_a_busy_answer_ends_by_its_cpu_time(limited):
    """A call ends by its own limit: what is left of the submission's goes to the other skills."""
    source = """
import time
calls = []
def kl_divergence(mu, logvar):
    while True:
        pass
def kl_loss(mu, logvar):
    calls.append(time.process_time() + 0.7)
    while len(calls) < 5 and time.process_time() < calls[-1]:
        pass
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp())).sum(1).mean()
"""
    judge = limited(call=1.0, submission=20.0)
    graded = judge.grade(notebook(source), "kl_loss", "mallory", b"secret")
    kinds = [skill.kind for skill in graded.skills]
    assert kinds == ["timeout"] * 4 + ["passed"] * 2, graded.skills


@pytest.mark.slow
def test_an_endless_cell_ends_by_the_limit_of_reading(judge):
    skill = tried(judge, "found = sum(1 for _ in iter(int, 1))")
    assert skill.kind == "timeout", skill


@pytest.mark.slow
def test_an_answer_that_waits_for_the_machine_is_not_late(judge):
    """Wall time is not work: on a busy machine a call may take far longer than its CPU."""
    skill = tried(judge, "import time\ntime.sleep(3)\nfound = 'at last'")
    assert "ValueError: at last" in skill.message, skill


@pytest.mark.slow
def test_work_counts_over_all_the_children_of_a_submission(limited, monkeypatch):
    """Who ends its own process gets a new one, but no new time."""
    source = """
def kl_divergence(mu, logvar):
    import os, time
    while time.process_time() < 1.2:
        pass
    os._exit(0)
"""
    used, judge = [], limited(call=5.0, submission=2.0)
    close = judge._jail.close
    monkeypatch.setattr(judge._jail, "close", lambda one: used.append(close(one)) or used[-1])
    graded = judge.grade(notebook("import torch" + source + LOSS), "kl_loss", "eve", b"s")
    kinds = [skill.kind for skill in graded.skills]
    assert kinds == ["crashed", *["timeout"] * 5], graded.skills
    # CPU, which the kernel counts in whole seconds; no child is started once none is left
    assert sum(seconds for _, seconds in used) <= 2.0 + 1.5, used


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="int 0x80 is x86's")
def test_the_other_architectures_calls_end_the_child(judge):
    code = "b8 14 00 00 00 cd 80 c3"  # mov eax, 20 (getpid of i386); int 0x80; ret
    body = f"""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex({code!r}))
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
found = ctypes.CFUNCTYPE(ctypes.c_int)(address)()"""
    assert tried(judge, body).kind == "crashed"


@pytest.mark.slow
def test_a_skill_starts_from_torchs_defaults_and_its_own_numpy_seed(judge):
    """What one skill leaves behind is gone at the next, and no two learners get one seed."""
    source = """
import numpy as np
def kl_divergence(mu, logvar):
    found = str(torch.get_default_dtype()), np.random.rand()
    torch.set_default_dtype(torch.float64)
    raise ValueError(found)
"""
    told = [
        [skill.message for skill in graded.skills if "ValueError" in skill.message][:4]
        for graded in (
            judge.grade(notebook("import torch" + source + LOSS), "kl_loss", name, b"secret")
            for name in ("ada", "bob")
        )
    ]
    assert all("float32" in message for messages in told for message in messages), told
    numbers = re.findall(r"0\.\d{6,}", str(told))
    assert len(set(numbers)) == len(numbers) >= 4


def test_keys_tell_where_one_part_ends():
    assert judge_module._key(b"s", "ab", "c") != judge_module._key(b"s", "a", "bc")


def test_bytes_without_a_tensor_are_refused():
    with pytest.raises(wire.WireError, match="bytes without a tensor"):
        wire._tensors([], bytearray(b"x"))


def _hang(*_):
    time.sleep(600)


def _task(learner="ada"):
    return pool.Task(Submission(learner, "kl_loss", {"kl_loss.ipynb": b"{}"}), b"s" * 32, ())


@pytest.mark.slow
def test_a_judge_that_hangs_is_killed_and_told(monkeypatch):
    monkeypatch.setattr(limits, "LOST", 0.5)
    monkeypatch.setattr(pool, "_unpack", _hang)
    (graded,) = pool.on_this_machine([_task()], 1)
    assert {skill.kind for skill in graded.skills} == {"grader error"}
    assert "had not ended after" in graded.skills[0].message


@pytest.mark.slow
def test_workers_that_never_start_are_told():
    from concurrent.futures import Future

    with pytest.raises(pool.PoolError, match="has begun to grade for 0 s"):
        list(pool._run([_task()], 1, lambda _: Future(), 0.0))


def _die_once_with_the_lock(task, *_):
    import gc

    mark = Path(os.environ["DIED"])
    if b"deadly" in task and not mark.exists():
        mark.touch()
        (channel,) = (o for o in gc.get_objects() if type(o).__name__ == "WorkerChannel")
        assert channel.mutex.acquire(timeout=10)
        os._exit(9)
    return pool.unjudged(pickle.loads(task).submission, "not found", "tried")


class _Hurried:
    """A clock that leaps by the pool's whole patience whenever it is asked, while `hurries()`."""

    def __init__(self, hurries):
        self._hurries, self._ahead = hurries, 0.0

    def monotonic(self):
        self._ahead += limits.START + 1.0 if self._hurries() else 0.0
        return time.monotonic() + self._ahead


@pytest.mark.slow
def test_a_worker_that_dies_with_the_pools_lock_costs_nobody_a_mark(monkeypatch, tmp_path):
    died, pools = tmp_path / "died", []

    def counted(*arguments, new=pool.ProcessPool, **more):
        pools.append(new(*arguments, **more))
        return pools[-1]

    # it need not wait for long in the pool that nobody can use any more
    monkeypatch.setattr(pool, "time", _Hurried(lambda: len(pools) == 1 and died.exists()))
    monkeypatch.setattr(pool, "ProcessPool", counted)
    monkeypatch.setattr(pool, "_unpack", _die_once_with_the_lock)
    monkeypatch.setenv("DIED", str(died))
    tasks = [_task(name) for name in ("deadly", "ada", "bob", "eve")]
    results = list(pool.on_this_machine(tasks, 1))
    assert died.exists() and len(pools) == 2
    assert sorted(graded.learner for graded in results) == ["ada", "bob", "deadly", "eve"]
    assert {skill.message for graded in results for skill in graded.skills} == {"tried"}


def _break(_):
    raise RuntimeError("broken")


def test_a_pool_that_breaks_without_a_result_is_given_up(monkeypatch):
    monkeypatch.setattr(pool.ProcessPool, "schedule", lambda *_, **__: _break(0))
    with pytest.raises(pool.PoolError, match="broke twice: broken"):
        list(pool.on_this_machine([_task()], 1))


@pytest.mark.parametrize(
    ("text", "moment", "asked"),
    [
        ("2026-11-20 09:00:00.123456 UTC", "2026-11-20 09:00:00.123456", ""),
        ("2026-11-20 10:00:00 +0100", "2026-11-20 09:00:00", ""),
        ("2026-11-20T10:00:00+01:00", "2026-11-20 09:00:00", ""),
        ("2026-11-20 10:00:00 Europe/Berlin", "2026-11-20 09:00:00", ""),
        ("Fri, 20 Nov 2026 10:00:00 +0100", "2026-11-20 09:00:00", ""),
        ("2026-11-20 09:00:00", "2026-11-20 09:00:00", "without a time zone"),
        ("2026-11-20 10:00:00 CET", None, "which time zone CET is"),
        ("Fri Nov 20 10:00:00 CET 2026", None, "expected a time like"),
        ("Fri Nov 20 10:00:00 PDT 2026", None, "expected a time like"),
        ("03/04/2026 10:00:00 UTC", None, "expected a time like"),
        ("2026-02-30 10:00:00 UTC", None, "expected a time like"),
        ("2026-11-20 10:00:00 Mars/Base", None, "expected a time like"),
        ("", None, "expected a time like"),
        ("\x1b[2J yesterday", None, "expected a time like"),
    ],
)
def test_a_time_is_told_or_asked_about(text, moment, asked):
    found, question = when(text.encode())
    assert (None if found is None else str(found)) == moment
    assert asked in question and bool(asked) == bool(question)
    assert question.isprintable()


def test_a_linked_folder_is_refused(tmp_path):
    top = tmp_path / "submitted"
    (top / "ann" / "kl_loss").mkdir(parents=True)
    (top / "ann" / "kl_loss" / "kl_loss.ipynb").write_text("{}")
    (top / "eve").symlink_to(top / "ann")
    assert not read(top / "ann" / "kl_loss", top, "ann", "kl_loss").problem
    assert (
        "the folder eve is a link" in read(top / "eve" / "kl_loss", top, "eve", "kl_loss").problem
    )


def test_security_repeats_the_table():
    text = (ROOT / "SECURITY.md").read_text()
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.M))
    one = Limits()
    assert told == {
        "what": "at most",
        "---": "---",
        "memory": f"{one.memory >> 30} GB",
        "open files": f"{one.files}",
        "CPU for reading what was handed in": f"{one.reading:.0f} s",
        "CPU for one call": f"{one.call:.0f} s",
        "CPU for a submission": f"{one.submission:.0f} s",
        "wall for one call": f"{one.wait:.0f} s",
        "wall for a submission": f"{one.wall:.0f} s",
        "notebooks of a submission": f"{limits.FILES}, {limits.NOTEBOOKS >> 20} MB together",
        "Python files beside them": f"{limits.MODULES}, {limits.HELPERS:,} bytes together",
        "an answer": f"{limits.SOURCE:,} characters",
        "one reply": f"{limits.HEADER >> 20} MB of words, {limits.PAYLOAD >> 20} MB of numbers",
    }


def record(penalty, *marks):
    from grading.gradebook import Mark, Record

    said = {name: ("passed", "") for name in ("a", "b")}
    both = {name: Mark(score, 2.0) for name, score in zip(said, marks, strict=True)}
    return Record("ada", json.dumps({"skills": said, "answers": {}}), both, {}, penalty)


@pytest.mark.parametrize(
    ("penalty", "marks", "total"),
    [(0.0, (2.0, 2.5), "4.5 of 4"), (9.0, (2.0, 1.0), "0 of 4"), (1.0, (2.0, None), "1 of 4")],
)
def test_extra_credit_counts_and_no_total_is_below_zero(penalty, marks, total):
    from grading.feedback import page

    assert f"<strong>{total} points</strong>" in page(
        "x", {"a": "A", "b": "B"}, record(penalty, *marks)
    )


@pytest.mark.parametrize(("asked", "taken"), [(99.0, 10.0), (-5.0, 0.0), (4.0, 4.0), (None, None)])
def test_a_late_penalty_takes_no_more_than_there_is(asked, taken):
    from datetime import datetime
    from types import SimpleNamespace

    from grading.gradebook import Gradebook

    book = object.__new__(Gradebook)
    book._due = datetime(2026, 1, 1)
    book._late = SimpleNamespace(late_submission_penalty=lambda *_: asked)
    row = SimpleNamespace(student_id="ada", extension=None, timestamp=datetime(2026, 1, 2))
    assert book._penalty(row, 10.0) == taken
    row.timestamp = datetime(2025, 1, 2)
    assert book._penalty(row, 10.0) is None


def test_extra_credit_given_in_formgrader_reaches_the_feedback():
    from types import SimpleNamespace

    from grading.gradebook import Gradebook

    book = object.__new__(Gradebook)
    book._maximum = {"a": 2.0}
    grade = {"auto_score": 2.0, "manual_score": None, "needs_manual_grade": False}
    for extra, score in ((0.5, 2.5), (None, 2.0)):
        assert book._mark("a", SimpleNamespace(extra_credit=extra, **grade)).score == score


def test_a_written_answer_is_found_by_its_cells_id():
    from grading.graded_notebook import cells_of
    from vaelib.checks.answer import find, outlines

    release = json.loads((ROOT / "exercises/kl_loss/kl_loss.ipynb").read_text())
    cells = cells_of(release)
    for cell in release["cells"]:
        cell["metadata"] = {}
        if cell["id"] == "kl-explain":
            cell["source"] = "mine"
    release["cells"].insert(1, release["cells"].pop())  # far from its question
    note = {"cell_type": "markdown", "metadata": {}, "source": "A note to myself."}
    release["cells"].insert(1, note)
    found = find({"x.ipynb": json.dumps(release).encode()}, "kl_loss", outlines(), cells)
    assert found.texts == {"kl-explain": "mine"}


def test_the_jail_binds_no_prefix_and_covers_a_course_below_what_it_binds(tmp_path):
    """`python -m venv .` in the course, or a course below /usr, shows nothing of the course."""
    import sys

    from grading.jail import outside

    seen = outside._seen()
    assert not {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix), "/usr"} & {*seen}
    assert not [path for path in seen if tmp_path.is_relative_to(path)]
    arguments = outside._arguments(3, str(tmp_path), Path("/usr/lib/course"))
    at = arguments.index("/usr/lib/course")
    assert arguments[at - 1] == "--tmpfs" and at > arguments.index("/usr/lib")


def test_the_help_needs_no_linux(monkeypatch, capsys):
    import sys

    from grading import __main__ as command

    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])
    assert end.value.code == 0 and "--no-jail" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("", {}, Exception("database is locked")), "(database is locked)"),
        (OSError(errno.ENOSPC, "No space left on device", "gradebook.db"), "No space left on"),
    ],
)
def test_what_breaks_around_the_grader_is_a_sentence(monkeypatch, capsys, error, told):
    from grading import __main__ as command
    from grading import run

    def broken(*_, **__):
        raise error

    monkeypatch.setattr(run, "Course", broken)
    assert command.main(["kl_loss"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Nothing more is graded: ") and told in said and said.count("\n") == 1


def test_a_page_loads_no_image_from_outside_and_keeps_those_in_it():
    from grading.feedback import rendered, safe_html

    picture = {"a.png": {"image/png": "iVBORw0KGgo="}}
    text = "![x](http://evil.example/x.png) ![y](attachment:a.png) [z](javascript:alert(1)) $a<b$"
    shown = rendered(text, picture)
    assert "evil.example" not in shown and "javascript" not in shown
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in shown and "$a&lt;b$" in shown
    bad = '<img src="data:image/svg+xml;base64,PHN2Zz4=" onerror="alert(1)" width="1 onload=x">'
    assert "svg" not in safe_html(bad) and "onerror" not in safe_html(bad)
    assert rendered("one\ntwo", {}).count("<br") == 1
    assert "data:" not in rendered("[x](data:text/html;base64,PHNjcmlwdD4=)", {})


@pytest.mark.slow
def test_hostile_markdown_is_cut_before_it_costs_its_square():
    """100,000 opening brackets took minutes of the grader's own time, at every run."""
    from grading.feedback import rendered
    from grading.graded_notebook import plain

    text, began = plain("[a](" * 100_000), time.process_time()
    assert rendered(text, {}).endswith("[... cut here]</p>\n")
    assert time.process_time() - began < 20


def test_names_that_are_no_text_can_be_read(tmp_path):
    place = tmp_path / "ann" / "kl_loss"
    place.mkdir(parents=True)
    for name in (b"kl\xff.ipynb", b"kl\xfe.ipynb", b"help\xff.py"):
        (place / os.fsdecode(name)).write_text("{}")
    found = read(place, tmp_path, "ann", "kl_loss")
    assert [*found.notebooks] == [r"kl\xfe.ipynb", r"kl\xff.ipynb"]
    assert [*found.modules] == [r"help\xff.py"] and found.digest


def test_a_summary_takes_no_command_from_a_name():
    from grading.run import Summary, report

    evil = "eve\x1b[2J\u009b\u202e\nbob: passed"
    text = report(Summary(unjudged={evil: evil}, remarks={evil: evil}, misplaced=[evil]))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert not [line for line in text.splitlines() if line.startswith("bob")]


def test_a_run_says_how_long_it_can_last():
    from grading.run import how_long

    assert how_long(200, 4).startswith("At most 8.3 h: 200 handed in, 4 at a time, up to 600 s")


def test_a_folder_of_another_name_that_holds_the_notebook_is_listed(tmp_path):
    from grading.submission import misplaced

    for folder in ("homework", "Kl_Loss", "notes", "kl_loss", "elbo"):
        (tmp_path / "ada" / folder).mkdir(parents=True)
    (tmp_path / "ada" / "homework" / "kl_loss (1).ipynb").write_text("{}")
    (tmp_path / "bob.ipynb").write_text("{}")
    (tmp_path / "kl_loss" / "eve").mkdir(parents=True)
    lines = list(misplaced(tmp_path, "kl_loss", {"kl_loss": 1, "elbo": 1}))
    assert [line.partition(":")[0] for line in lines] == [
        "ada/Kl_Loss/",
        "ada/homework/",
        "bob.ipynb",
        "kl_loss/",
    ]
