# make demo          train flags/genre.cfg, generate clips of every genre, print the numbers
# make test          the suite, with the versions of requirement.txt
# make test-latest   the suite, with the versions of requirement-latest.txt
# make test-slow     the tests that take more than a minute each
# make lint          ruff and mypy, as pre-commit runs them
# Each sets up what it needs first; a second call goes straight to work. Options for pytest: make test PYTEST="-k growth"

VENV := .venv
VENV_LATEST := .venv-latest
FLAGFILE := flags/genre.cfg
PYTEST :=
# Whole files go to as many processes as there are cores, at most four: each holds a TensorFlow.
PARALLEL := --numprocesses=auto --maxprocesses=4 --dist=loadfile

.PHONY: demo test test-latest test-slow lint setup clean
.DELETE_ON_ERROR:

demo:
	@started=$$(date +%s); $(MAKE) --no-print-directory setup \
	&& bash scripts/demo.sh $(VENV)/bin/python $$(( $$(date +%s) - started )) $(FLAGFILE)

setup: $(VENV)/installed

test: $(VENV)/installed
	$(VENV)/bin/python -m pytest $(PARALLEL) $(PYTEST)

test-slow: $(VENV)/installed
	$(VENV)/bin/python -m pytest -m slow $(PYTEST)

test-latest: $(VENV_LATEST)/installed
	$(VENV_LATEST)/bin/python -m pytest $(PARALLEL) $(PYTEST)

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

$(VENV)/installed: requirement.txt setup.py scripts/setup_environment.sh
	@bash scripts/setup_environment.sh $(VENV) requirement.txt
	@touch $@

$(VENV_LATEST)/installed: requirement-latest.txt setup.py scripts/setup_environment.sh
	@bash scripts/setup_environment.sh $(VENV_LATEST) requirement-latest.txt
	@touch $@

# Removes the environments and the caches of tools; runs/ stays.
clean:
	rm -rf $(VENV) $(VENV_LATEST) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
