"""Every cell of every chapter runs, the hidden ones that assert the numbers of its prose too."""

import make_book
import pytest

pytestmark = pytest.mark.slow
_, CHAPTERS, TIMEOUT = make_book.pages()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs(name):
    """A run by `make book` counts while nothing that the chapter depends on has changed."""
    if not make_book.kept_at(name, make_book.read(name)).is_file():
        assert make_book.run(name, TIMEOUT) is None
