"""Answers that attack the grader: what they try, and the verdicts that are right for them.

Each source is the learner's cell for `kl_divergence`, or what its name says. An attack that gets
somewhere it must not raises `Escaped`, which a test would find in the message. FREE: the verdicts
of an attack that leaves no right answer behind: no point, whatever the details.
"""

import json
from pathlib import Path

import vaelib

# What a search must not find: the library, its checks, the course.
PLACES = [
    str(Path(vaelib.__file__).parents[i]) + "/" + name
    for i, name in enumerate(["checks", "solutions"])
]
FREE = {"failed", "learner error", "timeout", "out of memory", "crashed", "syntax error"}


def notebook(*sources):
    """Return a notebook with these code cells, as bytes."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for source in sources
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content).encode()


HEADER = '''
import ctypes, gc, os, signal, socket, subprocess, sys, threading, time
import torch


class Escaped(Exception):
    pass


def never(what):
    """Complain if this works."""
    try:
        found = what()
    except (OSError, RuntimeError, MemoryError, ImportError, AttributeError, NameError, TypeError,
            ValueError):
        return
    raise Escaped(f"it worked: {found}")
'''
WRONG = "    return mu + logvar\n"
RIGHT = "    return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(dim=1)\n"


def inside(body, answer=WRONG):
    """Attack from within the function, on every call."""
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{HEADER}\n\ndef kl_divergence(mu, logvar):\n{lines}\n{answer}"


def before(body, answer=WRONG):
    """Attack when the cell runs."""
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return (
        f"{HEADER}\n\ndef attack():\n{lines}\n\n\nready = attack()\n\n\n"
        f"def kl_divergence(mu, logvar, ready=ready):\n{answer}"
    )


# Finds the socket to the judge, and the object that serves it.
CHANNEL = """
channel = next(o for o in gc.get_objects() if type(o).__name__ == "Child").channel
"""
CHILD = """
child = next(o for o in gc.get_objects() if type(o).__name__ == "Child")
"""

# name: (source, verdicts of the skills of kl_divergence: any of these)
HOSTILE = {
    # time
    "endless loop": (inside("while True: pass"), {"timeout"}),
    "endless loop as the cell runs": (before("while True: pass"), {"timeout"}),
    "endless loop that catches all": (
        inside("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        {"timeout"},
    ),
    "endless loop in native code": (
        inside("import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
        {"timeout"},
    ),
    "sleeps": (inside("time.sleep(1000)"), {"timeout"}),
    "blocks signals and loops": (
        inside("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass"),
        {"timeout"},
    ),
    "endless loop in the gradient": (
        HEADER
        + """
class Slow(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, weight):
        while True:
            pass


def kl_divergence(mu, logvar):
    return 0.5 * (Slow.apply(mu)**2 + torch.expm1(logvar) - logvar).sum(dim=1)
""",
        {"passed", "timeout"},
    ),
    "slow-drip reply": (
        inside(CHANNEL + "while True:\n    channel.send(b'\\0')\n    time.sleep(0.1)"),
        {"timeout", "crashed"},
    ),
    # memory, disk, output
    "memory bomb": (inside("everything = []\nwhile True: everything.append(bytes(10**7))"), FREE),
    "memory bomb in torch": (inside("torch.ones(10**12)"), {"out of memory"}),
    "memory bomb in one list": (inside("[0] * 10**11"), {"out of memory"}),
    "memory by mapping": (
        inside("import mmap\nkept = [mmap.mmap(-1, 1 << 28) for _ in range(64)]"),
        FREE,
    ),
    "memory in pipes": (
        inside("never(lambda: [os.pipe() for _ in range(1000)])"),
        {"failed"},
    ),
    "full disk": (
        inside(
            """
for folder in ("/tmp", "/jail/tmp", "/dev/shm", "/var/tmp", ".", "/course", "/jail", "/dev"):
    never(lambda: open(folder + "/x", "wb").write(bytes(10**9)))
never(lambda: os.write(os.memfd_create("x"), bytes(10**8)))
"""
        ),
        {"failed"},
    ),
    # processes
    "fork bomb": (inside("never(os.fork)"), {"failed"}),
    "double fork that ignores SIGTERM": (
        inside("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnever(os.fork)\nnever(os.forkpty)"),
        {"failed"},
    ),
    "a shell": (
        inside(
            """
never(lambda: subprocess.run(["/bin/sh", "-c", "id"]))
never(lambda: os.execv("/bin/sh", ["sh"]))
never(lambda: os.posix_spawn("/bin/sh", ["sh"], {}))
"""
        ),
        {"failed"},
    ),
    "background thread": (
        inside("never(lambda: threading.Thread(target=print, args=('later',)).start())"),
        {"failed"},
    ),
    "clone by its number": (
        inside("never(lambda: ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) > 0 or 1 / 0)"),
        FREE,
    ),
    # ways to end
    "os._exit(0)": (inside("os._exit(0)"), {"crashed"}),
    "os._exit as the cell runs": (before("os._exit(0)"), {"crashed"}),
    "sys.exit": (inside("sys.exit(0)"), {"learner error"}),
    "segfault": (inside("ctypes.string_at(0)"), {"crashed"}),
    "stack overflow in native code": (
        inside("sys.setrecursionlimit(10**9)\nf = lambda x: sorted([x], key=f)\nf(1)"),
        {"crashed", "out of memory"},
    ),
    "recursion": (inside("kl_divergence(mu, logvar)"), {"learner error"}),
    "killed by a signal": (
        inside("never(lambda: os.kill(os.getpid(), 9))\nsignal.raise_signal(signal.SIGKILL)"),
        FREE,
    ),
    "aborts": (inside("os.abort()"), {"crashed"}),
    "illegal system call on another architecture's table": (
        inside("ctypes.CDLL(None).syscall(0x40000000 + 39)"),
        FREE,
    ),
    "KeyboardInterrupt": (inside("raise KeyboardInterrupt"), {"learner error"}),
    "GeneratorExit": (inside("raise GeneratorExit"), {"learner error"}),
    "an error whose text never ends": (
        inside("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E(1)"),
        {"timeout"},
    ),
    "an error whose text fails": (
        inside("class E(Exception):\n    def __str__(self): raise self\nraise E(1)"),
        {"crashed"},
    ),
    "an error with a text of 100 MB": (inside("raise ValueError('x' * 10**8)"), {"learner error"}),
    # forged replies
    "writes rubbish to the judge": (
        inside(CHANNEL + "channel.sendall(os.urandom(10**5))"),
        {"crashed"},
    ),
    "announces 10 exabytes": (
        inside(CHANNEL + "import struct\nchannel.sendall(struct.pack('!IQ', 10, 1 << 63))"),
        {"crashed"},
    ),
    "closes the connection": (inside(CHANNEL + "os.close(channel.fileno())"), {"crashed"}),
    "forges a right reply": (
        inside(
            CHANNEL
            + """
import struct, msgspec
text = msgspec.msgpack.encode({
    "is": "called", "value": {"type": "tensor", "at": 0}, "grad": [True], "changed": [],
    "drew": False, "reseeded": False, "tensors": [{"dtype": "float32", "shape": [len(mu)]}],
})
body = bytes(4 * len(mu))
for _ in range(20):
    channel.sendall(struct.pack("!IQ", len(text), len(body)) + text + body)
"""
        ),
        {"failed", "crashed", "passed"},  # the shape of zeros is right, and 1 point
    ),
    "patches the harness to claim success": (
        before(
            CHILD
            + """
from grading import protocol
type(child)._call = lambda self, request, tensors: (
    protocol.Called(protocol.Plain(True), [], [], False, False), []
)
"""
        ),
        {"failed"},
    ),
    "patches the harness to claim that nothing is there": (
        before(CHILD + "type(child)._kind = lambda self, name: 'nothing'"),
        {"learner error"},
    ),
    "breaks the harness as it loads": (
        before(CHILD + "type(child)._kind = lambda self, name: 1 / 0"),
        {"learner error"},
    ),
    "breaks the harness before each skill": (
        before(CHILD + "type(child)._begin = lambda *_: 1 / 0"),
        {"learner error"},
    ),
    "answers for the harness as it loads": (
        before(
            CHANNEL
            + """
import struct, msgspec
for claim in ({"kinds": {}, "errors": [1]}, {"kinds": {"kl_divergence": [1]}, "errors": []}, {}):
    text = msgspec.msgpack.encode({"is": "loaded", **claim, "tensors": []})
    channel.sendall(struct.pack("!IQ", len(text), 0) + text)
"""
        ),
        {"crashed"},
    ),
    "claims kinds of its own": (
        before(CHILD + "type(child)._kind = lambda self, name: ['module class', {}]"),
        FREE,
    ),
    "claims an endless list of errors": (
        before(CHILD + "type(child)._told = lambda self, error: [[[error]]] * 10"),
        FREE,
    ),
    "answers with an error that claims to be a failed check": (
        inside("class CheckFailed(AssertionError): pass\nraise CheckFailed('passed')"),
        {"learner error"},
    ),
    # what is returned
    "NaN everywhere": (inside("return mu.sum(1) * float('nan')"), {"failed", "passed"}),
    "infinities": (inside("return mu.sum(1) + float('inf')"), {"failed", "passed"}),
    "10^12 elements by expand": (
        inside("return torch.zeros(1).expand(10**6, 10**6)"),
        {"learner error"},
    ),
    "a sparse tensor": (inside("return mu.sum(1).to_sparse()"), FREE),
    "a list without end": (inside("a = []\na.append(a)\nreturn a"), FREE),
    "a number of 10^6 digits": (inside("return 10**10**6"), {"failed"}),
    "a tensor that is always right": (
        HEADER
        + """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True

    shape = property(lambda self: (7,))
    dtype = torch.float32


def kl_divergence(mu, logvar):
    return torch.ones(2, 2).as_subclass(Yes)
""",
        {"failed"},
    ),
    "an object that equals everything": (
        inside(
            """
class Equal:
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = __float__ = lambda self, *_: 0.0
    __class__ = property(lambda self: torch.Tensor)
return Equal()
"""
        ),
        FREE,
    ),
    # tricks that fool checks in the same process
    "IPython input transformer": (
        before("get_ipython().input_transformers_cleanup.append(lambda lines: [])"),
        FREE,
    ),
    "AST transformer that drops asserts": (
        before(
            """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return None
get_ipython().ast_transformers.append(Drop())
"""
        ),
        FREE,
    ),
    "replaces run_code": (
        before("type(get_ipython()).run_code = lambda *_, **__: None"),
        FREE,
    ),
    "torch.equal replaced": (
        before("torch.equal = torch.allclose = torch.isfinite = lambda *_, **__: True"),
        FREE,
    ),
    "displayhook(3)": (inside("get_ipython().displayhook(3)"), {"learner error"}),
    "sys.displayhook": (inside("sys.displayhook(3)\nprint(3)"), {"failed"}),
    "builtins replaced": (
        before(
            "import builtins\nbuiltins.abs = builtins.float = builtins.isinstance = lambda *_: 0"
        ),
        FREE,
    ),
    "the clock turned": (
        before("time.monotonic = lambda: -1e9\ntime.time = lambda: 0"),
        {"failed"},
    ),
    "traces every function": (before("sys.settrace(lambda *_: None)\nsys.setprofile(print)"), FREE),
    "SQL update of the gradebook": (
        before(
            """
import sqlite3
for folder in (".", "/", "..", "../..", "/work", "/srv"):
    never(lambda: sqlite3.connect(f"file:{folder}/gradebook.db?mode=rw", uri=True).execute(
        "UPDATE grade SET auto_score = max_score"))
"""
        ),
        FREE,
    ),
    "a look at the calling frames": (
        inside(
            """
frame = sys._getframe()
while frame:
    for name, value in {**frame.f_globals, **frame.f_locals}.items():
        if "expected" in name or "right" in name or "check" in str(name).lower():
            raise Escaped(name)
    frame = frame.f_back
"""
        ),
        {"failed"},
    ),
    "a search for checks and references in memory": (
        inside(
            """
for thing in gc.get_objects():
    if getattr(thing, "__module__", None) and str(thing.__module__).startswith("vaelib"):
        raise Escaped(str(thing.__module__))
"""
        ),
        {"failed"},
    ),
    "imports the checks": (
        inside(
            """
never(lambda: __import__("vaelib.checks"))
never(lambda: __import__("vaelib.assignments.kl_loss"))
never(lambda: __import__("grading.judge"))
"""
        ),
        {"failed"},
    ),
    "asks vaelib for the answer": (
        inside(
            """
import vaelib, vaelib.kl
for name in ("kl_divergence", "kl_loss"):
    never(lambda: getattr(vaelib, name))
    never(lambda: getattr(vaelib.kl, name))
"""
        ),
        FREE,
    ),
    "reads the answer from a file": (
        inside(
            f"PLACES = {PLACES!r}\n"
            """
for top, _, files in os.walk("/course"):
    for file in files:
        with open(os.path.join(top, file), "rb") as opened:
            if b"def kl_" in opened.read():
                raise Escaped(file)
for place in ("/jail/vaelib", "/jail/grading/judge.py", "/jail/grading/pieces.py", *PLACES):
    never(lambda: os.stat(place))
"""
        ),
        {"failed", "timeout"},
    ),
    # the world outside
    "symlinks and ..": (
        inside(
            """
never(lambda: os.symlink("/", "/tmp/root"))
for path in ("/etc/passwd", "../../../etc/passwd", "/proc/../etc/passwd", "/proc/1/root/etc"):
    never(lambda: os.stat(path))
"""
        ),
        {"failed"},
    ),
    "home and site-packages": (
        inside(
            """
places = [os.path.expanduser("~"), *sys.path, os.path.dirname(torch.__file__), sys.prefix]
for place in places:
    never(lambda: open(os.path.join(place or ".", "torch.py"), "w"))
    never(lambda: os.mkdir(os.path.join(place or ".", "sitecustomize")))
"""
        ),
        {"failed"},
    ),
    "loopback": (
        inside(
            """
never(lambda: socket.create_connection(("127.0.0.1", 22), 1))
never(lambda: socket.socket(socket.AF_UNIX))
never(lambda: socket.socketpair())
"""
        ),
        {"failed"},
    ),
    "/proc": (
        inside(
            """
never(lambda: open("/proc/self/environ").read())
never(lambda: open("/proc/1/mem", "rb"))
if os.listdir("/proc"):
    raise Escaped("/proc")
"""
        ),
        {"failed"},
    ),
    "the environment": (
        inside(
            """
told = [name for name in os.environ if not name.startswith(
    ("OMP", "OPENBLAS", "PYTHON", "MPL", "HOME", "TMPDIR", "PWD", "LC_", "KMP", "TORCH"))]
if told:
    raise Escaped(str(told))
"""
        ),
        {"failed"},
    ),
    "open files": (
        inside(
            """
kinds = {}
for fd in range(64):
    try:
        kinds[fd] = os.fstat(fd).st_mode
    except OSError:
        pass
sockets = [fd for fd, mode in kinds.items() if mode & 0o170000 == 0o140000]
if len(sockets) != 1:
    raise Escaped(f"sockets {sockets}")
"""
        ),
        {"failed"},
    ),
    "is somebody": (
        inside(
            """
if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()):
    raise Escaped("root")
never(lambda: os.setuid(0))
never(lambda: os.chroot("/"))
if os.getpid() != 1 or os.getppid() != 0:
    raise Escaped("sees other processes")
"""
        ),
        {"failed"},
    ),
    "raises its own limits": (
        inside("import resource\nnever(lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))"),
        {"failed"},
    ),
    "system calls of the kernel's darker corners": (
        inside(
            """
libc = ctypes.CDLL(None)
numbers = [101, 155, 161, 165, 175, 246, 248, 250, 272, 298, 310, 319, 321, 323, 425, 435, 438]
for number in numbers:  # ptrace, pivot_root, mount, keys, unshare, bpf, io_uring, clone3 ...
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0:
        raise Escaped(str(number))
"""
        ),
        {"failed"},
    ),
    # what might stay behind
    "poisons torch for those who come after": (
        before(
            """
torch.Tensor.sum = torch.Tensor.__mul__ = torch.manual_seed = lambda *_, **__: 1 / 0
sys.modules["torch"] = sys.modules["vaelib"] = None
import builtins
builtins.len = lambda _: 0
"""
        ),
        FREE,
    ),
    "leaves a handler for the end": (
        before("import atexit\natexit.register(lambda: [None for _ in iter(int, 1)])"),
        {"failed"},
    ),
    "counts its calls to behave at first": (
        HEADER
        + """
calls = []


def kl_divergence(mu, logvar):
    calls.append(1)
    if len(calls) > 1:
        os._exit(0)
    return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(dim=1)
""",
        {"crashed"},
    ),
    "markup in an error": (
        inside("raise ValueError('<script>alert(1)</script>')"),
        {"learner error"},
    ),
    "control characters in an error": (
        inside("raise ValueError('\\x1b[2J\\x00\\u202e passed')"),
        {"learner error"},
    ),
    "not Python": ("def kl_divergence(mu, logvar) return 0", {"syntax error"}),
    "deep nesting": (
        "def kl_divergence(mu, logvar):\n    return " + "(" * 50_000 + "mu" + ")" * 50_000,
        {"syntax error"},
    ),
}

# Answers to other assignments: (assignment, source), and what the piece can earn in full.
MODULE = """
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, in_features, hidden, latent_dim):
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.heads = nn.Linear(hidden, 2 * latent_dim)
        {init}

    def forward(self, x):
        {forward}
        return self.heads(self.hidden(x).relu()).chunk(2, dim=1)
"""
STEP = (
    HEADER
    + """
def negative_elbo(logits, x, mu, logvar):
    raise NotImplementedError


def train_step(model, optimizer, x):
"""
)
OTHERS = {
    "10,000 parameters": (
        "encoder",
        MODULE.format(
            init="self.more = nn.ParameterList(torch.zeros(1) for _ in range(10_000))", forward=""
        ),
    ),
    "a parameter of 4 TB": (
        "encoder",
        MODULE.format(init="self.more = nn.Parameter(torch.zeros(10**12))", forward=""),
    ),
    "a parameter of 4 TB by expand": (
        "encoder",
        MODULE.format(init="self.more = nn.Parameter(torch.zeros(1).expand(10**12))", forward=""),
    ),
    "lies about its parameters": (
        "encoder",
        MODULE.format(
            init="type(self).named_parameters = lambda *_, **__: [('x', 3), (None, 4)]", forward=""
        ),
    ),
    "parameters that are never the same": (
        "encoder",
        MODULE.format(init="", forward="self.hidden.bias = nn.Parameter(torch.randn(10**6))"),
    ),
    "is every module": (
        "encoder",
        """
import torch
from torch import nn


class Meta(type):
    __instancecheck__ = __subclasscheck__ = lambda *_: True
    __mro__ = (nn.Module, object)


class Encoder(nn.Module, metaclass=Meta):
    def __init__(self, *_):
        self.__dict__ = {}

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self
""",
    ),
    "a step that resizes the model": (
        "elbo",
        STEP
        + "    for p in model.parameters():\n        p.data = torch.zeros(1)\n    return 1.0\n",
    ),
    "a step that throws the model away": (
        "elbo",
        STEP + "    model.__dict__.clear()\n    return 1.0\n",
    ),
    "a step that returns every loss at once": (
        "elbo",
        STEP
        + """
    class Loss(float):
        __sub__ = __rsub__ = __abs__ = lambda *_: 0.0
        __lt__ = __le__ = __gt__ = __ge__ = __eq__ = lambda *_: True
    return Loss(1)
""",
    ),
    "a step with infinite weights": (
        "elbo",
        STEP + "    for p in model.parameters():\n        p.data.fill_(float('inf'))\n"
        "    return float('nan')\n",
    ),
    "a step that looks for the right loss": (
        "elbo",
        STEP
        + """
    never(lambda: __import__("vaelib.elbo").elbo.negative_elbo)
    os._exit(0)
""",
    ),
    "noise that knows the seed": (
        "sampling",
        """
import torch
from torch import nn


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(0)
        return torch.randn_like(mu)
""",
    ),
}

# What is no notebook: no verdict on the learner, and no points taken in silence.
UNREADABLE = {
    "empty": b"",
    "binary garbage": bytes(range(256)) * 400,
    "100 MB": b'{"cells": [' + b" " * 100_000_000,
    "deep nesting": b"[" * 1_000_000,
    "deep nesting of objects": b'{"cells":' * 100_000,
    "not a notebook": b'{"cells": 3}',
    "a number": b"1e999",
    "cells of nothing": b'{"cells": [null, 1, []]}',
    "a zip": b"PK\x03\x04" + bytes(1000),
    "a number of 10^5 digits": b"1" * 100_000,
}
