# Everything here works from a fresh clone with Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint campaign fuzz test-long test-slow test-cpus test-install test-notebooks docs hashes bench bench-conversion bench-encoding reproduce-energy reproduce-robustness reproduce-snnlp reproduce-lv2023 reproduce-snn-bert screenshots screenshots-app screenshots-netron terminal-pictures clean

setup: $(STAMP)

$(STAMP): constraints.txt hashes.txt setup.cfg pyproject.toml tools/set_up.sh
	@tools/set_up.sh "$(PYTHON)" "$(VENV)"
	@touch $(STAMP)

# After a change of constraints.txt: the hashes of every file of every release in it but torch's own, whose
# builds come from several indexes. Needs uv (https://docs.astral.sh/uv).
hashes:
	grep -vE '^(torch|torchvision|torchaudio)==' constraints.txt | uv pip compile - --quiet --no-deps \
		--generate-hashes --no-header --no-annotate --python $(PYTHON) --output-file hashes.txt

# one thread: networks this small gain nothing from two, and two suffer on a busy machine
demo: setup
	OMP_NUM_THREADS=1 $(BIN)/snnconvert demo --out demo-runs

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/typecheck.py
	$(BIN)/python tools/import_contracts.py

test: setup lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

# What takes many seconds each, mostly kills, resumes and whole pipelines: continuous integration runs it.
test-long: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "long and not slow"

# A million mutated inputs, then a full disk and a kill at every file operation of every command: hours.
# Stopped, it goes on where it was; what it finds and how far it is lies in .campaign.
INPUTS ?= 1000000
KILLS ?= 1000
campaign: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m snnconvert.tests.campaign.run --inputs $(INPUTS) --kills $(KILLS)

# The same readers under a fuzzer that goes by coverage, so many seconds each; needs atheris
# (pip install atheris), which is in no lock.
SECONDS ?= 60
fuzz: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m snnconvert.tests.campaign.fuzz --seconds $(SECONDS)

test-slow: setup
	$(BIN)/python -m pytest -m slow

# The engines' tests as on other processors, by the variables of the libraries, and with other
# numbers of threads and cores; about half an hour on two idle cores. The variables are of x86-64.
AVX2 := ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=
SSE := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_CBWR=COMPATIBLE \
	NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=
ENGINES := $(BIN)/python -m pytest -q tests/engine tests/models/test_operations.py
test-cpus: setup
	$(BIN)/python -m pytest -q -m "slow or long or not slow" tests/cpus
	OMP_NUM_THREADS=1 $(AVX2) $(ENGINES)
	OMP_NUM_THREADS=1 $(SSE) $(ENGINES)
	OMP_NUM_THREADS=2 $(ENGINES)
	OMP_NUM_THREADS=8 $(ENGINES)
	OMP_NUM_THREADS=64 $(ENGINES)
	OMP_NUM_THREADS=2 taskset -c 0 $(ENGINES)

# README's installation commands in a fresh environment: minutes, gigabytes, and a package index.
test-install:
	$(PYTHON) tools/fresh_install.py

# Every notebook from the top, in fresh kernels; a few minutes on two idle cores.
test-notebooks: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --nbmake --nbmake-timeout=300 -o timeout=900 \
		notebooks

# The pages, into site/; a warning is an error. The notebooks are run for it where they or the package
# have changed, a few minutes on two idle cores; EXECUTE_NOTEBOOKS=false shows them without outputs.
docs: setup
	OMP_NUM_THREADS=1 NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict

# Speed: start-up, inference, training and attacks, under 20 minutes on two idle cores; PWWS needs
# NLTK_DATA. Then it writes the tables of docs/performance.md.
bench: setup
	set -e; for name in startup inference training attack; do \
		OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed/$$name.py; \
	done
	$(BIN)/python benchmarks/shared/tables.py

# Our conversion beside the peers': trains, converts and measures; stopped, it goes on where it was.
bench-conversion: setup
	$(BIN)/python benchmarks/conversion/run.py

# Every input code and value map: what is sent, and what networks converted with it lose. Then they
# write the tables of docs/encoding.md; stopped, it goes on where it was.
bench-encoding: setup
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/conversion/encoding.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/conversion/value_maps.py

# Energy of ANN and SNN, every model and table; stopped, it goes on where it was.
reproduce-energy: setup
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reproduce/energy.py

# The robustness tables of docs/reproduction, two data sets, all controls; stopped, it goes on where it
# was. SNNCONVERT_DATA, NLTK_DATA and SNNCONVERT_ATTACKDATA say where the data are.
reproduce-robustness: setup
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reproduce/robustness.py --workers 2

# SNNLP as published, and ours beside it, for docs/reproduction; stopped, it goes on where it was.
# SNNCONVERT_DATA and SNNCONVERT_VECTORS say where the data and en.imdb.300d.txt.gz are.
SNNLP ?= reproduce-snnlp
SNNLP_OPTIONS ?=
reproduce-snnlp: setup
	OMP_NUM_THREADS=1 $(BIN)/snnconvert reproduce snnlp --out $(SNNLP) \
		--earlier docs/reproduction/snnlp.json $(SNNLP_OPTIONS)
	cp $(SNNLP)/snnlp.json $(SNNLP)/snnlp.md $(SNNLP)/snnlp.png docs/reproduction/

# Lv et al. 2023 as published, and ours beside it on six data sets, for docs/reproduction; stopped, it
# goes on where it was. SNNCONVERT_DATA and SNNCONVERT_VECTORS say where data and vectors are;
# LV2023_OPTIONS names teachers, as in LV2023_OPTIONS="--teacher-en NAME".
LV2023 ?= reproduce-lv2023
LV2023_OPTIONS ?=
reproduce-lv2023: setup
	OMP_NUM_THREADS=1 $(BIN)/snnconvert reproduce lv2023 --out $(LV2023) \
		--earlier docs/reproduction/lv2023.json $(LV2023_OPTIONS)
	cp $(LV2023)/lv2023.json $(LV2023)/lv2023.md $(LV2023)/lv2023.png docs/reproduction/

# SNN-BERT reconstructed, its claims against its baseline and an ANN, for docs/reproduction; stopped, it
# goes on where it was. SNNCONVERT_DATA and SNNCONVERT_VECTORS say where data and vectors are.
SNN_BERT ?= reproduce-snn-bert
SNN_BERT_OPTIONS ?=
reproduce-snn-bert: setup
	OMP_NUM_THREADS=1 $(BIN)/snnconvert reproduce snn-bert --out $(SNN_BERT) \
		--earlier docs/reproduction/snn_bert.json $(SNN_BERT_OPTIONS)
	cp $(SNN_BERT)/snn_bert.json $(SNN_BERT)/snn_bert.md $(SNN_BERT)/snn_bert.png docs/reproduction/

# Pictures of the reports of two runs that have every stage (run, then energy), for docs/images.
EN ?= runs/report/en
ZH ?= runs/report/zh
screenshots: setup
	$(BIN)/python tools/screenshots.py --en $(EN) --zh $(ZH)

# Pictures of the page of `snnconvert app`, of the same runs.
screenshots-app: setup
	$(BIN)/python tools/screenshots_app.py --en $(EN) --zh $(ZH)

# A picture of an exported SNN in Netron (pip install netron), for docs/images: ONNX=FOLDER/model.onnx.
screenshots-netron: setup
	$(BIN)/python tools/screenshots_netron.py --model "$(ONNX)"

# Pictures of the terminal for docs/images, from commands that are run for them.
terminal-pictures: setup
	OMP_NUM_THREADS=1 $(BIN)/python tools/terminal_pictures.py

clean:
	rm -rf build dist *.egg-info demo-runs site
