# Needs make and python3 (3.11 or newer) with venv; everything else is brought by the targets themselves.
PYTHON ?= python3
PORT ?= 8000
PRESET ?= default
ACCOUNTS ?= 60

BIN = .venv/bin
DATABASE = var/abonent$(if $(filter-out default,$(PRESET)),-$(PRESET)).sqlite3
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
KEYS = var/secret var/data-key
# The demo stands on its own: what the operator's shell says of a real portal must not leak into it.
DEMO = env $(foreach name,$(filter ABONENT_%,$(.VARIABLES)),-u $(name)) ABONENT_DEMO=1 ABONENT_PRESET=$(PRESET) \
	ABONENT_DATABASE_URL=sqlite:///$(DATABASE) ABONENT_BASE_URL=http://127.0.0.1:$(PORT) \
	ABONENT_SECRET_KEY_FILE=var/secret ABONENT_DATA_KEY_FILE=var/data-key

.PHONY: run test check bench lock clean

run: .venv/installed $(KEYS)  ## The demo portal on http://127.0.0.1:8000 (PORT=, PRESET=)
	@exec $(DEMO) $(BIN)/flask --app app serve --prepare --port $(PORT)

test: .venv/installed-dev  ## Everything, on SQLite and PostgreSQL and in Chromium
	@$(BIN)/python -m scripts.suite

check: .venv/installed-dev  ## Seconds: style, types, architecture, access
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py tests/test_access.py tests/test_templates.py

bench: .venv/installed-dev  ## The figures, each beside its peer and its limit
	@$(BIN)/python -m bench

lock: var/lock/bin/uv  ## Renews the pinned requirements from requirements*.in
	@var/lock/bin/uv pip compile -q --generate-hashes --no-header -p 3.11 requirements.in -o requirements.txt
	@var/lock/bin/uv pip compile -q --generate-hashes --no-header -p 3.11 requirements-dev.in -o requirements-dev.txt

clean:  ## Removes what can be made again; var/ with the databases stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis var/lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Нужен Python 3.11 или новее с venv. Поставить: sudo apt-get install python3-venv"; exit 1; }
	@echo "Ставлю зависимости (один раз)…"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	@echo "Ставлю то, что нужно тестам (один раз)…"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(KEYS):
	@mkdir -p var
	@umask 077; $(BIN)/python -c "import secrets; print(secrets.token_hex(32))" > $@

var/lock/bin/uv:
	@$(PYTHON) -m venv var/lock && var/lock/bin/pip install --quiet --disable-pip-version-check uv
