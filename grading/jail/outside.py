"""The judge's side of the jail: starts it, asks it for children, ends it."""

import glob
import os
import shutil
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import replace
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Self, cast

import msgspec

from grading.limits import REPLY, UP, Limits
from grading.verdict import GradingError

_HERE = Path(__file__).parent
_VAELIB = Path(str(cast(ModuleSpec, find_spec("vaelib")).origin)).parent  # without importing it
_GRADING = ("__init__.py", "limits.py", "protocol.py", "wire.py")
_JAIL = ("__init__.py", "child.py", "inside.py", "seccomp.py")
_CHECKS = ("answer.py", "errors.py", "gpu.py", "program.py", "replace.py")
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
}


class JailError(GradingError):
    """A jail could not be made as it should be."""


class Jail:
    """The warm process, and the child of the submission at hand; arguments as of `Judge`."""

    def __init__(self, limits: Limits, course: Path, jailed: bool = True) -> None:
        self._limits, self._course, self._jailed = limits, course, jailed
        self._end = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start the warm process; it imports torch while this one does."""
        self._folder = folder = self._end.enter_context(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o755)
        self._control, theirs = socket.socketpair()
        self._end.callback(self._control.close)
        with theirs:
            control = theirs.fileno()
            if self._jailed:
                program = shutil.which("bwrap")
                if program is None:
                    self._end.close()
                    raise JailError(
                        "bubblewrap is missing, and no answer is run without it: "
                        "`apt-get install bubblewrap`"
                    )
                self._start([program, *_arguments(control, folder, self._course)], control, None)
            else:
                _gather(Path(folder) / "jail")
                worker = _worker(control, f"{folder}/jail", folder)
                place = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), folder)
                self._start([sys.executable, *worker], control, {**_ENVIRONMENT, **place})

    def __enter__(self) -> Self:
        from grading.jail import library  # here: it imports torch

        if self._process is None:
            self.begin()
        library.write(Path(self._folder))
        self._control.settimeout(UP)
        try:
            ready = self._control.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            said = self._said()
            self._end.close()
            raise JailError(
                "bubblewrap could not make the jail, and no answer is run without one. It needs "
                "user namespaces: see `sysctl user.max_user_namespaces`, "
                "`kernel.unprivileged_userns_clone`, and on Ubuntu "
                f"`kernel.apparmor_restrict_unprivileged_userns`. It said: {said}"
            )
        self._control.settimeout(REPLY)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def _start(self, command: list[str], control: int, environment: dict[str, str] | None) -> None:
        """Start bubblewrap from a thread that lives as long: the jail dies with its thread."""
        started = threading.Event()

        def keep() -> None:
            try:
                self._process = subprocess.Popen(
                    command,
                    pass_fds=[control],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            finally:
                started.set()
            self._process.wait()

        threading.Thread(target=keep, daemon=True).start()
        started.wait()
        if self._process is None:
            raise JailError(f"{command[0]} does not start")
        assert self._process.stderr is not None
        self._end.callback(self._process.stderr.close)
        self._end.callback(self._process.wait)
        self._end.callback(self._process.kill)

    def open(self, assignment: str, seconds: float) -> socket.socket:
        """Start a child that has so many seconds of CPU left; return the channel to it."""
        ours, theirs = socket.socketpair()
        limits = replace(self._limits, submission=seconds)
        with theirs:
            asked = msgspec.json.encode((assignment, limits))
            self._command(asked, [theirs.fileno()], b"started")
        return ours

    def close(self, channel: socket.socket) -> tuple[int, float]:
        """Kill the child and all it started.

        Return the signal that it had died of, or SIGKILL, and the seconds of CPU that it has had.
        """
        channel.close()
        _, ended, used = self._command(b"stop", [], b"stopped").split()
        return int(ended), float(used)

    def _command(self, message: bytes, descriptors: list[int], expected: bytes) -> bytes:
        try:
            socket.send_fds(self._control, [message], descriptors)
            reply = self._control.recv(64)
        except OSError as error:
            raise JailError(f"the jail does not answer: {error}") from None
        if not reply.startswith(expected):
            raise JailError(f"the jail is gone: {self._said()}")
        return reply

    def _said(self) -> str:
        """End the jail; return what bubblewrap or the warm process wrote on stderr."""
        assert self._process is not None and self._process.stderr is not None
        self._control.close()
        self._process.kill()
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-30:]) if lines else "it said nothing"


def _worker(control: int, home: str, course: str) -> list[str]:
    """Return Python's arguments for the warm process, whose files are in `home`."""
    code = (
        f"import os, sys; sys.path.insert(0, {home!r}); "
        f"os.dup2({control}, 3); os.closerange(4, {control + 256}); "
        f"from grading.jail import inside; inside.main({course!r})"
    )
    return ["-B", "-s", "-c", code]


def _parts() -> dict[str, Path]:
    """Return the grader's own files that the warm process needs, by their place there."""
    checks = _VAELIB / "checks"
    return {
        **{f"grading/{name}": _HERE.parent / name for name in _GRADING},
        **{f"grading/jail/{name}": _HERE / name for name in _JAIL},
        **{f"grading/{name}": checks / name for name in _CHECKS},
    }


def _gather(folder: Path) -> None:
    for name, path in _parts().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)


def _arguments(control: int, stand_ins: str, course: Path) -> list[str]:
    """Return bubblewrap's arguments, with the program that it is to start."""
    seen = _seen()
    hidden = [_VAELIB, _HERE.parents[1], course]
    # A root that is mapped to nobody would still be root for its own files and limits: with
    # root's rights the warm process itself becomes nobody, before it does anything else.
    user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    if os.getuid() == 0:
        user = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    places = {**_ENVIRONMENT, **dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), "/jail/tmp")}
    return [
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--as-pid-1", "--die-with-parent", "--new-session"),
        *("--hostname", "jail", "--clearenv", "--cap-drop", "ALL", *user),
        *(
            part
            for path in _above({*seen, "/jail/grading/jail/x", "/dev/x", "/etc/x"})
            for part in ("--perms", "755", "--dir", path)
        ),
        *(part for path in seen for part in ("--ro-bind-try", path, path)),
        *(part for path in hidden if _inside(path, seen) for part in ("--tmpfs", str(path))),
        *(
            part
            for name, path in _parts().items()
            for part in ("--ro-bind", str(path), f"/jail/{name}")
        ),
        *("--ro-bind", stand_ins, "/course"),
        *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--proc", "/proc", "--perms", "1777", "--tmpfs", "/jail/tmp"),
        *("--remount-ro", "/", "--chdir", "/"),
        *(part for item in places.items() for part in ("--setenv", *item)),
        *(sys.executable, *_worker(control, "/jail", "")),
    ]


def _seen() -> list[str]:
    """Return what must be seen of this machine: Python, its packages, and shared libraries.

    Not Python's whole prefix: an environment may hold the course, or the course the environment.
    """
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {*site.getsitepackages(), "/usr/lib", "/lib", "/lib64"}
    stdlib = Path(os.__file__).parent
    paths |= {str(stdlib), os.path.realpath(stdlib)}
    for prefix in {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}:
        paths |= {f"{prefix}/pyvenv.cfg", *glob.glob(f"{glob.escape(prefix)}/lib/libpython*")}
    program = sys.executable
    while True:
        paths |= {program, os.path.realpath(program)}
        if not os.path.islink(program):
            break
        program = os.path.join(os.path.dirname(program), os.readlink(program))
    return sorted(path for path in paths if os.path.exists(path))


def _above(paths: set[str]) -> list[str]:
    """Return the folders above these, which bubblewrap would make for root's eyes only."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})


def _inside(path: Path, seen: list[str]) -> bool:
    return any(path.resolve().is_relative_to(Path(one).resolve()) for one in seen)
