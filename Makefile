# `make help` says what each target does. Works with GNU make 3.81 and later.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON   := .venv/bin/python
RUNTIME  := .venv/.runtime
TOOLS    := .venv/.tools
STATIC   := .venv/.static
ICAL_JS  := tests/ical_js/node_modules/.package-lock.json
INSTANCE := $(or $(INSTANCE_PATH),instance)
POT      := app/translations/messages.pot
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/messages.po))
STATIC_FILES := $(shell if [ -d app/static ]; then find app/static -type f ! -name '*.br' ! -name '*.gz'; fi)

# Said once, because .ci/run and people both meet it.
define no_python
Setkání needs Python 3.11, 3.12 or 3.13, or uv (https://docs.astral.sh/uv/), which fetches a Python by itself.
endef
define no_ensurepip
This Python cannot make virtual environments. On Debian and Ubuntu run: apt install python3-venv
endef

# Installs the locked packages: $(1) is a requirements file for pip, $(2) are the equal options of uv.
# Both come from uv.lock, and tests/house_rules/test_tooling.py checks that they agree.
define install
@if command -v uv >/dev/null 2>&1; then \
  uv sync --quiet --locked --compile-bytecode $(2); \
else \
  fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
  if ! $(PYTHON) -c "$$fits" 2>/dev/null; then \
    for name in python3.13 python3.12 python3.11 python3; do \
      if $$name -c "$$fits" 2>/dev/null; then found=$${found:-$$name}; \
        if $$name -c 'import ensurepip' 2>/dev/null; then chosen=$$name; break; fi; \
      fi; \
    done; \
    if [ -z "$$found" ]; then echo "$(strip $(no_python))" >&2; exit 1; fi; \
    if [ -z "$$chosen" ]; then echo "$(strip $(no_ensurepip))" >&2; exit 1; fi; \
    $$chosen -m venv --clear .venv || exit 1; \
  elif ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
    $(PYTHON) -m ensurepip >/dev/null || { echo "$(strip $(no_ensurepip))" >&2; exit 1; }; \
  fi; \
  echo "Installing packages (a minute or so, the first time) ..."; \
  $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
fi
endef

.PHONY: help run test check fix bench messages lock ical-js set-up lint types floors templates migrations house-rules

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- for everybody ----------------------------------------------------------------------------------------

run: set-up $(INSTANCE)/secret_key ## set up and start everything; Ctrl-C stops it
	@exec $(PYTHON) -m flask serve --with-parent

test: $(TOOLS) set-up $(if $(shell command -v npm 2>/dev/null),ical-js) ## set up and run all tests; ARGS='-k words' chooses some
	@$(PYTHON) -m pytest -n auto --dist loadgroup $(ARGS)

set-up: $(RUNTIME) $(CATALOGUES) $(STATIC) ## only set up: packages, catalogues, compressed style sheet

# --- for developers ---------------------------------------------------------------------------------------

check: lint types floors templates migrations house-rules ## style, types, floors, templates, migrations, house rules

fix: $(TOOLS) ## mend what tools can mend
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

bench: $(TOOLS) set-up ## measure; the scripts are in benchmarks/
	@$(PYTHON) -m benchmarks $(ARGS)

messages: $(RUNTIME) ## collect the texts to translate into app/translations
	@mkdir -p app/translations
	@.venv/bin/pybabel --quiet extract --mapping babel.cfg --keyword _l --keyword lazy_gettext \
	  --keyword lazy_ngettext:1,2 --add-comments Translators: --strip-comments --sort-by-file --add-location file \
	  --width 110 --project Setkání --copyright-holder "Setkání contributors" --output $(POT) .
	@.venv/bin/pybabel --quiet update --input-file $(POT) --output-dir app/translations --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --width 110

ical-js: $(ICAL_JS) ## fetch ical.js from npm, one more reader of calendars in the tests

lock: ## write uv.lock and the requirements files anew after a change of dependencies (needs uv)
	@uv lock --quiet
	@uv export --quiet --locked --no-emit-project --no-annotate --no-dev --output-file requirements.txt >/dev/null
	@uv export --quiet --locked --no-emit-project --no-annotate --output-file requirements-dev.txt >/dev/null

# --- the steps of `make check`, each also by itself ----------------------------------------------------------

lint: $(TOOLS)
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

types: $(TOOLS)
	@$(PYTHON) -m mypy

floors: $(TOOLS)
	@.venv/bin/lint-imports --no-logo

templates: $(TOOLS)
	@.venv/bin/djlint --lint --quiet templates

migrations: $(TOOLS) $(CATALOGUES)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	export SECRET_KEY=only-for-this-check INSTANCE_PATH="$$folder" DATABASE_URL="sqlite:///$$folder/check.sqlite" && \
	unset SECRET_KEY_FILE DATABASE_URL_FILE && \
	$(PYTHON) -m flask db upgrade && $(PYTHON) -m flask db check

house-rules: $(TOOLS) $(CATALOGUES)
	@$(PYTHON) -m pytest -q tests/house_rules

# --- set-up: each step runs again only when what it reads has changed ----------------------------------------


$(RUNTIME): uv.lock requirements.txt
	$(call install,requirements.txt,--no-dev --inexact)
	@touch $@

$(TOOLS): uv.lock requirements-dev.txt
	$(call install,requirements-dev.txt,)
	@touch $@ $(RUNTIME)

%.mo: %.po | $(RUNTIME)
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@

$(STATIC): $(STATIC_FILES) | $(RUNTIME)
	@if [ -d app/static ]; then \
	  find app/static \( -name '*.br' -o -name '*.gz' \) -delete && \
	  $(PYTHON) -m app.web.static; \
	fi
	@touch $@

# Without the network the tests go on with the readers that are there; in CI what is missing fails.
$(ICAL_JS): tests/ical_js/package-lock.json
	@if (cd tests/ical_js && npm ci --silent --ignore-scripts --no-audit --no-fund); then touch $@; \
	elif [ -n "$$CI" ]; then exit 1; \
	else echo "ical.js could not be fetched from npm; tests go on without it." >&2; fi

$(INSTANCE)/secret_key: | $(RUNTIME)
	@umask 077 && mkdir -p "$(INSTANCE)" && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@
