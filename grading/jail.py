"""The jail: what a learner's code may touch, and how much of it."""


class JailError(RuntimeError):
    """A jail could not be made as it should be: nothing is graded."""
