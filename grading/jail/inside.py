"""The warm process inside the jail: it forks one confined child for each submission.

It has imported torch, runs no learner's code and holds no secret. Started by `outside.py` as pid 1
of the jail; it serves until the judge closes its end of the control socket.
"""

import ctypes
import gc
import math
import os
import platform
import resource
import signal
import socket
import sys
import traceback
from typing import Any

import msgspec
import torch

from grading.jail import seccomp
from grading.jail.child import Child
from grading.limits import Limits

_CONTROL, _NULL = 3, 4  # file descriptors: the socket to the judge, and /dev/null
_COURSE = "/course"  # the stand-ins for vaelib, one folder for each assignment
_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_NAMESPACES = 0x10000000 | 0x20000 | 0x20000000  # CLONE_NEWUSER, NEWNS, NEWPID
_CLONE = {"x86_64": 56, "aarch64": 220}  # the number of the system call
_READ_ONLY, _BIND, _PRIVATE = 1 | 2 | 4 | 8, 4096, 1 << 18 | 1 << 14
_libc = ctypes.CDLL(None, use_errno=True)


def main(course: str = "") -> None:
    """Serve until the judge closes its end.

    Parameters
    ----------
    course : str
        Where the stand-ins lie if there is no jail, as `--no-jail` asks for; "" in the jail.
    """
    if not course:
        _become_nobody()
    torch.set_num_threads(1)
    _warm_up()
    gc.collect()
    gc.freeze()
    os.dup2(os.open("/dev/null", os.O_RDWR), _NULL)
    control = socket.socket(fileno=_CONTROL)
    if not course:
        try:  # a kernel may refuse what bubblewrap itself has not asked for
            probe = _clone()
        except OSError as error:
            sys.exit(f"a child gets no namespaces of its own: {error}")
        if not probe:
            os._exit(0)
        os.waitpid(probe, 0)
    control.send(b"ready")
    child = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
        if not message:
            return  # as pid 1: every process of the jail ends
        if message == b"stop":
            os.kill(child, signal.SIGKILL)  # a dead one stays, as a zombie, for us
            _, status, used = os.wait4(child, 0)
            ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            if os.waitstatus_to_exitcode(status) == signal.SIGXCPU:  # as `_limit` has it
                ended = signal.SIGXCPU
            control.send(f"stopped {int(ended)} {used.ru_utime + used.ru_stime}".encode())
        else:
            assignment, limits = msgspec.json.decode(message, type=tuple[str, Limits])
            child = _fork(control, descriptors[0], assignment, limits, course)
            os.close(descriptors[0])
            control.send(b"started")


def _become_nobody() -> None:
    """Give up root, where the judge is root: limits do not hold for root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        # The change of user cleared both: die with bubblewrap, and be allowed to write id maps.
        _must(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        _must(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))


def _warm_up() -> None:
    """Import what answers import, and make the first gradient, which is slow, here."""
    import matplotlib.pyplot
    import torch.fx.experimental.symbolic_shapes

    matplotlib.get_cachedir(), matplotlib.get_configdir()  # while there is a folder for them
    value = torch.ones(2, requires_grad=True)
    torch.autograd.grad(value.exp(), value, torch.ones(2))
    torch.optim.Adam([value])
    torch.compile = _as_it_is  # it would write files and start processes


def _as_it_is(model: Any = None, **_: Any) -> Any:
    """Return what `torch.compile` was given."""
    return (lambda function: function) if model is None else model


def _fork(
    control: socket.socket, channel: int, assignment: str, limits: Limits, course: str
) -> int:
    """Return the process id of a new child, pid 1 of namespaces of its own."""
    user, group = os.getuid(), os.getgid()
    child = os.fork() if course else _clone()
    if child:
        return child
    try:
        control.close()
        service = Child(socket.socket(fileno=channel), limits.call)
        if course:
            sys.path.insert(0, f"{course}/{assignment}")
            os.setsid()
        else:
            sys.path.insert(0, _COURSE)
            _map_ids(user, group)
            _mount(assignment)
        _limit(limits)
        if not course:
            _give_up()
        service.serve()
    except Exception:
        traceback.print_exc()  # for the judge, until the child is confined
    finally:
        os._exit(3)


def _clone() -> int:
    """Fork into new namespaces, in one go: another fork would cost as much as a whole check."""
    python = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock
    python.PyOS_BeforeFork()
    child = int(python.syscall(_CLONE[platform.machine()], _NAMESPACES | signal.SIGCHLD, *[0] * 4))
    if child:
        python.PyOS_AfterFork_Parent()
        _must(child < 0)
        return child
    python.PyOS_AfterFork_Child()
    return 0


def _map_ids(user: int, group: int) -> None:
    """Be nobody in the new user namespace; what the ids are outside it cannot be told inside."""
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{_NOBODY} {user} 1"),
        ("gid_map", f"{_NOBODY} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


def _mount(assignment: str) -> None:
    """Show the assignment's stand-in for vaelib alone; cover what could be written to or read."""
    _must(_libc.mount(b"none", b"/", None, _PRIVATE, None))
    _must(_libc.mount(f"{_COURSE}/{assignment}".encode(), _COURSE.encode(), None, _BIND, None))
    _must(_libc.mount(b"tmpfs", b"/jail/tmp", b"tmpfs", _READ_ONLY, None))


def _limit(limits: Limits) -> None:
    """Limit memory, CPU time, files and processes, as far as this system can."""
    size = 0
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as statm:
            size = int(statm.read().split()[0]) * resource.getpagesize()
    values = {
        "RLIMIT_AS": size + limits.memory if size else None,
        "RLIMIT_NPROC": 1 if os.getuid() == _NOBODY else None,
        "RLIMIT_NOFILE": limits.files,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in values.items():
        if value is not None and hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (value, value))
    most = math.ceil(limits.submission) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(most, math.ceil(limits.reading)), most))
    # The kernel spares pid 1 of a namespace every signal that has no handler. This one, libc's
    # `_exit` with the signal's number as status, also strikes in the middle of C code.
    _libc.signal(signal.SIGXCPU, ctypes.cast(_libc._exit, ctypes.c_void_p))
    for descriptor in (0, 1, 2):  # what an answer prints is nobody's business
        os.dup2(_NULL, descriptor)


def _give_up() -> None:
    """Give up /proc, all capabilities, and all system calls that an answer does not need."""
    _must(_libc.mount(b"tmpfs", b"/proc", b"tmpfs", _READ_ONLY, None))
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()))
    seccomp.confine()


def _must(result: int | bool) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
