"""Every cell of every chapter runs, the hidden ones that assert the numbers of its prose too."""

import json

import make_book
import nbformat
import pytest

pytestmark = pytest.mark.slow
_, CHAPTERS, TIMEOUT = make_book.pages()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs(name):
    """A run by `make book` counts while nothing that the chapter depends on has changed."""
    if not make_book.kept_at(name, make_book.read(name)).is_file():
        assert make_book.run(name, TIMEOUT) is None


# The measure of what a chapter takes is an epoch, timed beside it. In a build that took 400 seconds
# of one core they took 1,132 together, and since then 865, which is 306 of such seconds. Counts of
# one chapter differ by a tenth from run to run; this bound keeps their sum from growing.
EPOCHS = 950


def test_what_all_chapters_take_together():
    """Count in epochs that were timed beside each chapter: no clock tells a busy machine's work."""
    kept = {}
    for name in CHAPTERS:
        path = make_book.kept_at(name, make_book.read(name))
        if path.is_file():
            run = json.loads(path.read_text(encoding="utf-8"))
            kept[name] = run["seconds"] / run["epoch"]
            print(f"{run['seconds']:6.1f} s  {kept[name]:5.0f} epochs  {name}")
    total = sum(kept.values())
    print(f"{total:6.0f} epochs in {len(kept)} of {len(CHAPTERS)} chapters")
    if set(kept) != set(CHAPTERS):
        pytest.skip("run `make book` first: not every chapter has run as it stands")
    assert total < EPOCHS


def test_a_chapter_takes_what_its_kernel_works_and_not_what_it_waits(tmp_path, monkeypatch):
    """A chapter that sleeps for as long as another works takes less."""
    monkeypatch.setattr(make_book, "ROOT", tmp_path)
    monkeypatch.setattr(make_book, "key", lambda notebook, root: "key")
    monkeypatch.setattr(make_book, "epoch", lambda: 1.0)
    seconds = {}
    for name, code in {
        "works": "import time\nwhile time.process_time() < 6: pass",
        "waits": "import time\ntime.sleep(6)",
    }.items():
        cell = nbformat.v4.new_code_cell(code, id="code")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
        assert make_book.run(name, TIMEOUT) is None
        kept = (tmp_path / ".cache" / "chapters" / name / "key.json").read_text(encoding="utf-8")
        seconds[name] = json.loads(kept)["seconds"]
    assert seconds["works"] > seconds["waits"]


@pytest.mark.skipif(not make_book.FORKS, reason="each kernel is a process of its own")
def test_a_forked_kernel_has_what_is_slow_to_import_but_not_the_course(tmp_path, monkeypatch):
    """Nothing may be there that changes between two kernels, or that no reader's kernel has."""
    monkeypatch.setattr(make_book, "ROOT", tmp_path)
    monkeypatch.setattr(make_book, "key", lambda notebook, root: "key")
    monkeypatch.setattr(make_book, "epoch", lambda: 1.0)
    code = (
        "import os, sys\n"
        "import torch\n"
        "had = len(sys.modules)\n"
        "torch.optim.Adam([torch.zeros(1, requires_grad=True)]).zero_grad()\n"
        "import matplotlib.figure\n"
        "assert len(sys.modules) < had + 50\n"
        "assert not [name for name in sys.modules if name.startswith('vaelib')]\n"
        "assert not [place for place in sys.path if place.endswith('tools')]\n"
        f"assert os.getcwd() == {str(tmp_path)!r}"
    )
    cell = nbformat.v4.new_code_cell(code, id="code")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "forked.ipynb")
    assert make_book.run("forked", TIMEOUT) is None
