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
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = shutil.which("bwrap")
        if program is None:
            raise JailError(
                "bubblewrap is missing, and no answer is run without it: "
                "`apt-get install bubblewrap`"
            )
        self._course = tempfile.TemporaryDirectory()
        os.chmod(self._course.name, 0o755)
        stand_in.write(Path(self._course.name))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        started = threading.Event()
        command = [program, *self._arguments(theirs.fileno())]

        def keep() -> None:
            """Start the jail from a thread that outlives it: the jail dies with this thread."""
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            theirs.close()
            started.set()
            self._process.wait()

        threading.Thread(target=keep, daemon=True).start()
        started.wait()
        self._control.settimeout(_UP)
        try:
            ready = self._control.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            said = self._said()
            self.__exit__(None, None, None)
            raise JailError(
                f"bubblewrap could not make the jail, and no answer is run without one: {said}. "
                "It needs user namespaces: see `sysctl user.max_user_namespaces`, "
                "`kernel.unprivileged_userns_clone`, and on Ubuntu "
                "`kernel.apparmor_restrict_unprivileged_userns`."
            )
        self._control.settimeout(_REPLY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._course.cleanup()

    def open(self, assignment: str) -> socket.socket:
        """Start a child; return the channel to it."""
        ours, theirs = socket.socketpair()
        cpu = int(self._limits.submission) + 1
        message = f"{assignment} {self._limits.memory} {cpu}"
        with theirs:
            self._command(message, [theirs.fileno()], b"started")
        return ours

    def close(self, channel: socket.socket) -> int:
        """Kill the child and all it started; return how it ended: a signal's number, or 0.

        The signal is SIGKILL, ours, if the child was still running.
        """
        channel.close()
        status = int(self._command("stop", [], None))
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def _command(self, message: str, descriptors: list[int], expected: bytes | None) -> bytes:
        try:
            socket.send_fds(self._control, [message.encode()], descriptors)
            reply = self._control.recv(64)
        except OSError as error:
            raise JailError(f"the jail does not answer: {error}") from None
        if not reply or (expected and reply != expected):
            raise JailError(f"the jail is gone: {self._said()}")
        return reply

    def _said(self) -> str:
        """Return the last line of what bubblewrap or the warm process wrote on stderr."""
        assert self._process is not None and self._process.stderr is not None
        self._control.close()
        self._process.kill()
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-30:]) if lines else "it said nothing"

    def _arguments(self, control: int) -> list[str]:
        """Return bubblewrap's command line."""
        prefixes = {sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64"}
        hidden = Path(vaelib.__file__).parent
        # A root that is mapped to nobody would still be root for its own files and limits: with
        # root's rights the warm process itself becomes nobody, before it does anything else.
        user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
        if os.getuid() == 0:
            user = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        worker = (
            "import os, sys; sys.path.insert(0, '/jail'); "
            f"os.dup2({control}, 3); os.closerange(4, 64); "
            "from grading import worker; worker.main()"
        )
        return [
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
            *("--unshare-cgroup-try", "--as-pid-1", "--die-with-parent", "--new-session"),
            *("--clearenv", "--cap-drop", "ALL", *user),
            *(
                part
                for path in _above(prefixes | {"/jail/grading/x", "/dev/x"})
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
            *("--ro-bind", self._course.name, "/course"),
            *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
            *("--proc", "/proc", "--perms", "1777", "--tmpfs", "/tmp"),
            *("--remount-ro", "/", "--chdir", "/"),
            *("--setenv", "OMP_NUM_THREADS", "1", "--setenv", "OPENBLAS_NUM_THREADS", "1"),
            *("--setenv", "PYTHONHASHSEED", "0", "--setenv", "MPLBACKEND", "Agg"),
            *("--setenv", "MPLCONFIGDIR", "/tmp", "--setenv", "HOME", "/tmp"),
            *(sys.executable, "-B", "-s", "-c", worker),
        ]


def _above(paths: set[str]) -> list[str]:
    """Return the folders above these, which bubblewrap would make for root's eyes only."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})


def _inside(path: Path, prefixes: set[str]) -> bool:
    return any(path.resolve().is_relative_to(Path(prefix).resolve()) for prefix in prefixes)
