"""The trusted side: holds the checks, and never runs or unpickles anything of a learner."""

from types import TracebackType
from typing import Self

from grading.jail import JailError
from grading.results import Result

__all__ = ["JailError", "Judge"]


class Judge:
    """Grades submissions, one at a time, each in a jail of its own."""

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def grade(self, notebook: bytes, assignment: str, learner: str, seed: bytes) -> Result:
        """Judge one notebook; `seed` is the course's secret, which never enters the jail."""
        raise NotImplementedError
