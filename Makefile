# Deep Learning in Radiology: every target sets up what it needs by itself.
# Needs: Python 3.11 to 3.13, git, make (3.81 or newer). Windows: see the README.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab course test notebooks check build lock bench artefacts clean ready

VENV := .venv/bin/python
export TF_CPP_MIN_LOG_LEVEL := 3

help: ## Show these targets
	@printf 'Deep Learning in Radiology. Targets:\n\n'
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1|/' \
		| awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@printf '\nSettings: COHORT=pneumoniamnist or a folder, FINDING=name, ONLY="21 30" (course);\n'
	@printf 'COURSE_DATA_DIR=folder of downloaded files; PYTHON=python3.12 (set-up).\n'

lab: ready ## Open JupyterLab on the first lesson
	@$(VENV) -m tools.lab

course: ready ## Run all lessons and write build/course (COHORT= FINDING= ONLY=)
	@$(VENV) -m tools.run_course

test: check ## Run every test: style, helpers, data, all notebooks
	@$(VENV) -m pytest tests -n 2 --dist loadfile
	@$(MAKE) --no-print-directory notebooks

# strict: the solved form again, every output compared; lax: the learner form, every stub
# untouched, to its end. On the default cohort, and without the reader's own start-up files.
NUMBERS := $(or $(ONLY),*)
NBVAL := env -u COHORT -u FINDING -u COHORT_SPLIT PYTHONHASHSEED=0 COURSE_QUIET=1 \
	IPYTHONDIR=build/ipython $(VENV) -m pytest -p no:randomly -p no:cacheprovider -q \
	--nbval-current-env --nbval-cell-timeout=300 -n 2 --dist loadfile

notebooks: ready ## Run the lessons again and compare what they print (ONLY="21 30")
	@$(VENV) -c "from helpers import cohorts; cohorts.load('chest_insilico')"
	@$(NBVAL) --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg \
		$(NUMBERS:%=notebooks/solutions/%_*.ipynb)
	@$(NBVAL) --nbval-lax $(NUMBERS:%=notebooks/%_*.ipynb)

check: ready ## Style, spelling and build checks only (under 30 seconds)
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check --quiet .
	@$(VENV) -m codespell_lib
	@$(VENV) -m tools.build_notebooks --check
	@$(VENV) -m tools.notebook_style
	@$(VENV) -m tools.lesson_table --check
	@$(VENV) -m tools.size --check

build: ready ## Write the notebooks and the table of lessons anew from their sources
	@$(VENV) -m tools.build_notebooks
	@$(VENV) -m tools.lesson_table

lock: ready ## Write requirements.lock anew from pyproject.toml (fetches uv if need be)
	@uv=$$(command -v uv) || { uv=build/uv/bin/uv; test -x $$uv || { \
		$(VENV) -m venv build/uv && build/uv/bin/python -m pip install -q uv; }; }; \
	"$$uv" pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--all-extras pyproject.toml --output-file requirements.lock --quiet
	@if grep -n '://' requirements.lock; then echo 'The lock holds an address.'; exit 1; fi

bench: ready ## Measure the course against the references, as ratios
	@$(VENV) -m tools.bench

artefacts: ready ## Make the committed checkpoint and predictions anew
	@$(VENV) -m tools.rebuild_artefacts

clean: ## Remove what commands have made (not the environment, not the data)
	@rm -rf build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find helpers phantoms tools tests notebooks -type d \
		\( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# The environment. Its own Python looks whether it is complete, unless PYTHON= names
# another one; without an environment the first suitable Python on the path makes it.
ready:
	@chosen='$(PYTHON)'; \
	if [ -z "$$chosen" ]; then \
		for name in $(VENV) python3 python3.12 python3.11 python3.13 python; do \
			if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
				>/dev/null 2>&1; then chosen="$$name"; break; fi; \
		done; \
	fi; \
	if [ -z "$$chosen" ]; then chosen=python3; fi; \
	if ! command -v "$$chosen" >/dev/null 2>&1; then \
		echo "No Python called $$chosen was found. Install Python 3.11, 3.12 or 3.13" \
			"(python.org or your package manager), then run the same command again." >&2; \
		exit 1; \
	fi; \
	"$$chosen" tools/set_up.py
