"""What a jail must stop, tried from within before the first submission is let in."""

import os
import sys
from pathlib import Path

import vaelib

_COURSE = ("submitted", "gradebook.db", ".grading-secret", "nbgrader_config.py", "solutions")

_PROBE = '''
from vaelib import VAE, evaluate, kl_loss, load_mnist, plot_images, reconstruction_loss
import ctypes, mmap, os, socket, threading

def escapes(what):
    """Return whether this works."""
    try:
        what()
    except (OSError, RuntimeError, MemoryError, ImportError):
        return False
    return True

def write(path):
    with open(path, "w"):
        pass

def call(name, *arguments):
    if getattr(ctypes.CDLL(None), name)(*arguments) < 0:
        raise OSError

def more(folder, known):
    if not set(os.listdir(folder)) - set(known):
        raise OSError

def root():
    if 0 in (os.getuid(), os.geteuid(), os.getgid()):
        return
    raise OSError

def probe(_):
    tries = {
        "is root": root,
        "mounts": lambda: call("mount", b"tmpfs", b"/jail/tmp", b"tmpfs", 0, None),
        # while there is no second thread, beside which the kernel makes none
        "makes a namespace": lambda: call("unshare", 0x10000000),
        "starts a process": os.fork,
        "starts a thread": lambda: threading.Thread(target=print).start(),
        "starts a program": lambda: os.execv("/bin/true", ["true"]),
        "opens a socket": lambda: socket.socket(),
        "makes a pair of sockets": lambda: socket.socketpair(),
        "shares memory": lambda: call("shmget", 0, 4096, 0o1600),
        "keeps a file in memory": lambda: os.memfd_create("x"),
        "takes all memory": lambda: mmap.mmap(-1, 1 << 40, mmap.MAP_PRIVATE | 0x4000 | 0x20),
        "sends a signal": lambda: os.kill(0, 0),
        "finds the checks": lambda: __import__("vaelib.checks"),
        "finds the assignments": lambda: __import__("vaelib.assignments"),
        "finds what is asked": lambda: exec("from vaelib.elbo import negative_elbo"),
        **{f"writes to {path}": lambda path=path: write(path + "/x") for path in WRITE},
        **{f"sees {path}": lambda path=path: os.stat(path) for path in HIDDEN},
        **{
            f"sees more in {folder}": lambda folder=folder, known=known: more(folder, known)
            for folder, known in HOMES.items()
        },
        **{f"reads {path}": lambda path=path: os.stat(path + "/self") for path in ["/proc"]},
    }
    return "; ".join(name for name, what in tries.items() if escapes(what)) or "nothing"
'''


def source(course: Path) -> str:
    """Return an answer whose function `probe` names all that it could do.

    Parameters
    ----------
    course : Path
        The course's folder, of which nothing must be seen.
    """
    home = str(Path.home())
    ours = Path(vaelib.__file__).parent
    hidden = [str(ours / "checks"), str(ours / "assignments"), "/etc/passwd"]
    hidden += [str(course / name) for name in _COURSE]
    homes = {folder: _on_the_way(Path(folder)) for folder in ("/home", "/root", home)}
    writable = ["", "/tmp", "/jail/tmp", "/dev", "/course", "/jail", "/proc", "/usr/lib"]
    writable.append(os.path.dirname(home))
    return f"HIDDEN, HOMES, WRITE = {hidden!r}, {homes!r}, {writable!r}\n{_PROBE}"


def _on_the_way(folder: Path) -> list[str]:
    """Return what a jail may show of a folder: where it leads to Python and its packages."""
    prefixes = [Path(prefix) for prefix in (sys.prefix, sys.base_prefix)]
    below = [prefix.relative_to(folder).parts for prefix in prefixes if folder in prefix.parents]
    return [parts[0] for parts in below]
