"""Every cap and clock of the grader, in one table; SECURITY.md repeats it, held by a test."""

from dataclasses import dataclass

# What is read of a submission.
FILES = 8  # notebooks
NOTEBOOKS = 48 << 20  # bytes of them: outputs are large, and are dropped unread
MODULES = 20  # Python files beside them
HELPERS = 200_000  # bytes of those
SOURCE = 200_000  # characters of an answer that are run

# Frames between judge and child.
HEADER = 1 << 20  # bytes of a message
PAYLOAD = 64 << 20  # bytes of its tensors
TENSORS, DIMENSIONS, ELEMENTS = 100, 8, 2**40  # how many, of how many sides, how large on `meta`
PARTS, DEPTH, TEXT = 16, 3, 2000  # of a value: in a tuple, tuples in tuples, characters

# What is told.
MESSAGE = 3000  # characters to a learner about a skill
SHOWN = 20_000  # characters of one answer on a page: hostile Markdown costs their square

# Clocks of the grader itself, in seconds on the wall: for what has died, not for what is slow.
UP = 300.0  # for the warm process: it imports torch
REPLY = 120.0  # for it to start or end a child
LOST = 1800.0  # for a process that grades one submission: the limits below ring long before
START = 600.0  # for such processes to begin at all
CLUSTER = 30.0  # for a Dask cluster to answer
LOCKED = 60.0  # for another program to let go of an SQLite gradebook
BATCH, DELAY = 50, 1.0  # submissions a transaction, and until it is written anyway


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Work is counted in seconds of the child's CPU, which a busy machine does not use up. The clock
    on the wall is for an answer that sleeps, and stands far above.
    """

    memory: int = 1 << 30  # bytes beyond those of the warm process
    files: int = 64  # open ones
    reading: float = 10.0  # seconds of CPU to find the answer in what was handed in
    call: float = 10.0  # of CPU, for one call of the answer
    submission: float = 120.0  # of CPU, for all of it
    wait: float = 120.0  # on the wall, for one call
    wall: float = 600.0  # on the wall, for all of it
