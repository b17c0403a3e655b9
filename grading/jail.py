"""The jail: what a learner's code may touch, and how much of it.

bubblewrap makes it once, around a warm process (`worker.py`); each submission gets a child of
that process in namespaces of its own. Nothing in there is writable, nothing is reachable, and
when a child ends, all that it started ends.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import vaelib
from grading import stand_in

_HERE = Path(__file__).parent
_FILES = ("__init__.py", "seccomp.py", "wire.py", "worker.py")
_UP = 120.0  # seconds for the warm process: it imports torch
_REPLY = 30.0  # seconds for it to start or end a child


class JailError(RuntimeError):
    """A jail could not be made as it should be: nothing is graded."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    memory : int
        Bytes beyond those of the warm process.
    exchange, submission : float
        Seconds for one call of the answer, and for all of them.
    """

    memory: int = 1 << 30
    exchange: float = 10.0
    submission: float = 120.0


class Jail:
    """The warm process, and the child of the submission at hand."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = shutil.which("bwrap")
        if program is None:
            raise JailError(
                "bubblewrap is missing, and no answer is run without it: "
                "`apt-get install bubblewrap`"
            )
        course = self._end.enter_context(tempfile.TemporaryDirectory())
        os.chmod(course, 0o755)
        stand_in.write(Path(course))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._end.callback(self._control.close)
        with theirs:
            self._start([program, *_arguments(theirs.fileno(), course)], theirs.fileno())
        self._control.settimeout(_UP)
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
        self._control.settimeout(_REPLY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.close()

    def _start(self, command: list[str], control: int) -> None:
        """Start bubblewrap from a thread that lives as long: the jail dies with its thread."""
        started = threading.Event()

        def keep() -> None:
            try:
                self._process = subprocess.Popen(
                    command,
                    pass_fds=[control],
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

    def open(self, assignment: str) -> socket.socket:
        """Start a child; return the channel to it."""
        ours, theirs = socket.socketpair()
        cpu = int(self._limits.submission) + 1
        message = f"{assignment} {self._limits.memory} {cpu}"
        with theirs:
            self._command(message, [theirs.fileno()], b"started")
        return ours

    def close(self, channel: socket.socket) -> None:
        """Kill the child and all it started."""
        channel.close()
        self._command("stop", [], b"stopped")

    def _command(self, message: str, descriptors: list[int], expected: bytes) -> None:
        try:
            socket.send_fds(self._control, [message.encode()], descriptors)
            reply = self._control.recv(64)
        except OSError as error:
            raise JailError(f"the jail does not answer: {error}") from None
        if reply != expected:
            raise JailError(f"the jail is gone: {self._said()}")

    def _said(self) -> str:
        """End the jail; return what bubblewrap or the warm process wrote on stderr."""
        assert self._process is not None and self._process.stderr is not None
        self._control.close()
        self._process.kill()
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-30:]) if lines else "it said nothing"


def _arguments(control: int, course: str) -> list[str]:
    """Return bubblewrap's arguments, with the program that it is to start."""
    prefixes = {sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64"}
    hidden = Path(vaelib.__file__).parent
    # A root that is mapped to nobody would still be root for its own files and limits: with
    # root's rights the warm process itself becomes nobody, before it does anything else.
    user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    if os.getuid() == 0:
        user = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    worker = (
        "import os, sys; sys.path.insert(0, '/jail'); "
        f"os.dup2({control}, 3); os.closerange(4, {control + 256}); "
        "from grading import worker; worker.main()"
    )
    return [
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--as-pid-1", "--die-with-parent", "--new-session"),
        *("--clearenv", "--cap-drop", "ALL", *user),
        *(
            part
            for path in _above(prefixes | {"/jail/grading/x", "/dev/x", "/etc/x"})
            for part in ("--perms", "755", "--dir", path)
        ),
        *(part for path in sorted(prefixes) for part in ("--ro-bind-try", path, path)),
        *(("--tmpfs", str(hidden)) if _inside(hidden, prefixes) else ()),
        *(
            part
            for name in _FILES
            for part in ("--ro-bind", str(_HERE / name), f"/jail/grading/{name}")
        ),
        "--ro-bind",
        str(hidden / "checks" / "pretend_gpu.py"),
        "/jail/grading/pretend_gpu.py",
        *("--ro-bind", course, "/course"),
        *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--proc", "/proc", "--perms", "1777", "--tmpfs", "/jail/tmp"),
        *("--remount-ro", "/", "--chdir", "/"),
        *("--setenv", "OMP_NUM_THREADS", "1", "--setenv", "OPENBLAS_NUM_THREADS", "1"),
        *("--setenv", "PYTHONHASHSEED", "0", "--setenv", "MPLBACKEND", "Agg"),
        *("--setenv", "TMPDIR", "/jail/tmp", "--setenv", "HOME", "/jail/tmp"),
        *("--setenv", "MPLCONFIGDIR", "/jail/tmp"),
        *(sys.executable, "-B", "-s", "-c", worker),
    ]


def _above(paths: set[str]) -> list[str]:
    """Return the folders above these, which bubblewrap would make for root's eyes only."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})


def _inside(path: Path, prefixes: set[str]) -> bool:
    return any(path.resolve().is_relative_to(Path(prefix).resolve()) for prefix in prefixes)
