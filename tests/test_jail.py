"""The jail refuses to open if it leaks, and leaves nothing behind."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hostile import notebook
from nbgrader_course import ROOT
from system import require

import vaelib
from grading.jail import library, outside
from grading.jail.outside import JailError
from grading.judge import Judge
from vaelib.assignments import find, names

# What is taken out of a file of the jail, what is put in its place, and who must notice.
LEAKS = {
    ("seccomp.py", "\n        (_RETURN, 0, 0, _REFUSE),", "\n        (_RETURN, 0, 0, _ALLOW),"): [
        "opens a socket",
        "makes a pair of sockets",
        "makes a namespace",
        "shares memory",
        "keeps a file in memory",
        "sends a signal",
    ],
    ("inside.py", 'b"/jail/tmp", b"tmpfs", _READ_ONLY', 'b"/jail/tmp", b"tmpfs", 0'): [
        "writes to /jail/tmp"
    ],
    ("inside.py", '_must(_libc.mount(b"tmpfs", b"/proc", b"tmpfs", _READ_ONLY, None))', "pass"): [
        "reads /proc"
    ],
    ("inside.py", '"RLIMIT_AS": size + limits.memory if size else None,', ""): ["takes all memory"],
    ("inside.py", '"RLIMIT_NPROC": 1 if', '"RLIMIT_NPROC": None if'): [
        "starts a process",
        "starts a thread",
    ],
    ("inside.py", '("uid_map", f"{_NOBODY}', '("uid_map", f"{0}'): ["is root"],
    ("inside.py", "_must(_libc.capset", "(_libc.getppid"): ["mounts"],
}


def opened():
    """Open a judge and close it."""
    with Judge():
        pass


@pytest.mark.slow
def test_every_canary_notices_its_leak(tmp_path, monkeypatch):
    require("bwrap")
    place = tmp_path / "grading" / "jail"
    place.mkdir(parents=True)
    for source in Path(outside.__file__).parents[1].glob("*.py"):
        (place.parent / source.name).write_text(source.read_text())
    for source in Path(outside.__file__).parent.glob("*.py"):
        text = source.read_text()
        for file, old, new in LEAKS:
            if source.name == file:
                assert text.count(old) == 1, old
                text = text.replace(old, new)
        (place / source.name).write_text(text)
    monkeypatch.setattr(outside, "_HERE", place)
    tmp_path.chmod(0o755)
    arguments = outside._arguments
    ours = str(Path(vaelib.__file__).parent)
    course = str(tmp_path / "course")
    more = [
        part
        for path in outside._above({ours, f"{course}/x"})
        for part in ("--perms", "755", "--dir", path)
    ]
    more += ["--ro-bind", ours, ours, "--ro-bind", "/etc", "/etc", "--dir", "/home/else"]
    more += ["--dir", f"{course}/submitted"]

    def leaky(control, stand_ins, course):
        kept = arguments(control, stand_ins, course)
        at = kept.index("--remount-ro")
        return [*kept[:at], *more, *kept[at:]]

    monkeypatch.setattr(outside, "_arguments", leaky)
    monkeypatch.setattr(library, "find", lambda name: SimpleNamespace(defines={}))
    with (
        pytest.raises(JailError, match="lets through what it must stop") as told,
        Judge(course=Path(course)),
    ):
        pass
    found = str(told.value).partition("(")[2].rpartition(")")[0].split("; ")
    expected = [canary for canaries in LEAKS.values() for canary in canaries]
    expected += [
        f"sees {ours}/checks",
        f"sees {ours}/assignments",
        f"sees {course}/submitted",
        "sees /etc/passwd",
        "sees more in /home",
    ]
    expected += ["sees more in /home", "finds what is asked"]
    assert set(expected) <= set(found), found


def test_without_bubblewrap_nothing_is_graded(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(JailError, match=r"bubblewrap is missing, .* `apt-get install bubblewrap`"):
        opened()


@pytest.mark.slow
def test_without_user_namespaces_nothing_is_graded():
    """In a user namespace that may not make others, as an administrator may set it."""
    require("bwrap")
    script = "from grading.judge import Judge\nwith Judge(): print('opened')"
    switched_off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", switched_off, sys.executable, script],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "opened" not in done.stdout
    assert "JailError: " in done.stderr and "user namespaces" in done.stderr, done.stderr


@pytest.fixture(scope="module")
def judge():
    require("bwrap")
    with Judge() as judge:
        yield judge


def inside(judge):
    """Return the process ids of the warm process and all below it."""
    found, new = [], [str(judge._jail._process.pid)]
    while new:
        listed = subprocess.run(["pgrep", "-P", ",".join(new)], capture_output=True, text=True)
        new = listed.stdout.split()
        found += new
    return found


@pytest.mark.slow
def test_nobody_runs_the_answers(judge):
    (warm,) = inside(judge)
    status = Path(f"/proc/{warm}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == [str(os.getuid() or 65534)] * 4
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    session = Path(f"/proc/{warm}/stat").read_text().rpartition(")")[2].split()[3]
    assert int(session) != os.getsid(0)  # no terminal of ours to type into
    ours = os.readlink("/proc/self/ns/net"), os.readlink("/proc/self/ns/mnt")
    theirs = os.readlink(f"/proc/{warm}/ns/net"), os.readlink(f"/proc/{warm}/ns/mnt")
    assert not set(ours) & set(theirs)


@pytest.mark.slow
def test_nothing_stays_behind(judge):
    before = inside(judge)
    kept = os.listdir(
        f"/proc/{before[0]}/root/jail/tmp"
    )  # by torch and matplotlib, as they started
    for _ in range(3):
        judge.grade(notebook("def kl_divergence(mu, logvar): return mu"), "kl_loss", "a", b"s")
    assert inside(judge) == before
    assert os.listdir(f"/proc/{before[0]}/root/jail/tmp") == kept


@pytest.mark.slow
def test_the_jail_dies_with_the_judge():
    require("bwrap")
    script = (
        "import time\nfrom grading.judge import Judge\n"
        "with Judge() as judge:\n"
        "    channel = judge._jail.open('sampling', 9.0)\n"
        "    print(judge._jail._process.pid, flush=True)\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as one:
        bubblewrap = one.stdout.readline().decode().strip()
        listed = subprocess.run(["pgrep", "-P", bubblewrap], capture_output=True, text=True)
        warm = listed.stdout.strip()
        child = subprocess.run(["pgrep", "-P", warm], capture_output=True, text=True).stdout.strip()
        assert all(os.path.exists(f"/proc/{pid}") for pid in (bubblewrap, warm, child))
        one.send_signal(signal.SIGKILL)
    end = time.monotonic() + 120
    while any(os.path.exists(f"/proc/{pid}") for pid in (bubblewrap, warm, child)):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_a_file_named_torch_beside_the_notebook_changes_nothing(tmp_path, monkeypatch):
    require("bwrap")
    for name in ("torch.py", "vaelib.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('the learner\\'s torch')")
    monkeypatch.chdir(tmp_path)
    with Judge() as judge:
        content = notebook(
            "import torch\ndef kl_divergence(mu, logvar): return (mu**2 + logvar**2).sum(1)"
        )
        assert judge.grade(content, "kl_loss", "ada", b"s").skills[0].kind == "passed"


# One process that has imported torch, and a child of it for each stand-in.
IMPORTED = """
import os, sys, torch
for place in sys.argv[1:]:
    if not (child := os.fork()):
        sys.path.insert(0, place)
        import vaelib
        vaelib.load_mnist()
        print(vaelib.__file__, *vars(vaelib), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.slow
def test_the_stand_in_has_no_asked_name(tmp_path):
    library.write(tmp_path)
    for assignment in names():
        asked = set(find(assignment).defines.values())
        for file in (tmp_path / assignment / "vaelib").glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    assert node.name not in asked
                if isinstance(node, ast.Name):
                    assert node.id not in asked
    command = [sys.executable, "-c", IMPORTED, *(str(tmp_path / name) for name in names())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    for assignment, line in zip(names(), done.stdout.splitlines(), strict=True):
        place, *found = line.split()
        assert place == str(tmp_path / assignment / "vaelib" / "__init__.py")
        assert not set(find(assignment).defines.values()) & set(found)


def test_the_stand_in_keeps_what_the_elbo_assignment_imports(tmp_path):
    library.write(tmp_path)
    tree = ast.parse((tmp_path / "elbo" / "vaelib" / "__init__.py").read_text())
    kept = {a.name for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names}
    assert kept >= {"VAE", "kl_loss", "reconstruction_loss", "evaluate", "load_mnist"}
    assert "negative_elbo" not in kept


def test_what_is_built_on_an_asked_name_goes_with_it():
    sources = {
        "a.py": "def asked(): pass\ndef other(): pass\nVALUE = asked()",
        "b.py": "from a import asked, other\nclass B:\n    f = asked\ndef free(): return other()",
        "c.py": "from b import B\n__all__ = ['B', 'free']",
    }
    left = {name: ast.unparse(tree) for name, tree in library.without(sources, {"asked"}).items()}
    assert left == {
        "a.py": "def other():\n    pass",
        "b.py": "from a import other\n\ndef free():\n    return other()",
        "c.py": "__all__ = ['free']",
    }
