#!/usr/bin/env bash
# Makes the virtual environment that the Makefile uses, and shows how far it is.
#
#     tools/set_up.sh PYTHON VENV
#
# Stopped at any point it goes on when it is called again. First a full lock, installed without the resolver:
# quick, and it cannot pull in a torchvision that does not fit. Every file of it has to have a hash of hashes.txt.
# Then torch, of whatever build the index has, with the libraries that a build for CUDA does not load
# without: those alone are not checked (docs/decisions.md says why).
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
venv=$2
log=$venv/set_up.log
pid=""

fail() {
	echo "make setup: $*" >&2
	exit 1
}

version() {
	"$1" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null
}

# The Pythons that the shell finds, as in "python3 (3.9.2)".
others() {
	local name found=""
	for name in python3.11 python3.12 python3.13 python3 python; do
		if version "$name" >/dev/null; then found+="${found:+, }$name ($(version "$name"))"; fi
	done
	echo "${found:-none}"
}

check_python() {
	local advice="install Python 3.11, or name another: make setup PYTHON=/path/to/python3.11"
	version "$python" >/dev/null ||
		fail "expected a Python that runs as $python, but there is none (here: $(others)); $advice"
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
		fail "expected Python 3.11 or newer, but $python is $(version "$python") (here: $(others)); $advice"
}

make_venv() {
	if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
		return
	fi
	check_python
	echo "1/4 a virtual environment in $venv, by Python $(version "$python") (10 s)"
	rm -f "$venv"/bin/python* # of one whose Python is gone, or which was not finished
	"$python" -m venv "$venv" ||
		fail "$python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"
}

# A package whose installation was cut off has no RECORD: pip would take it for installed.
drop_halves() {
	local info
	for info in "$venv"/lib/python*/site-packages/*.dist-info; do
		if [ -d "$info" ] && [ ! -f "$info/RECORD" ]; then rm -r "$info"; fi
	done
	rm -rf "$venv"/lib/python*/site-packages/~*
}

# How far pip is: packages found, then packages unpacked.
state() {
	local named unpacked
	if grep -q '^Installing collected' "$log"; then
		unpacked=$(find "$venv"/lib/python*/site-packages -maxdepth 1 -name '*.dist-info' | wc -l)
		echo "unpacking; $((unpacked)) packages are there"
	else
		named=$(grep -cE '^(Collecting|Processing|Requirement already)' "$log" || true)
		echo "fetching; $((named)) packages so far"
	fi
}

# pip with the arguments that come after the title: a line that changes on a terminal, else one every 10 s.
pip_install() {
	local title=$1 every=10 waited=0
	shift
	echo "$title"
	: >"$log"
	"$venv/bin/python" -m pip install --progress-bar off --disable-pip-version-check "$@" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		waited=$((waited + 1))
		if [ -t 1 ]; then
			printf '\r\033[K    %s s: %s' "$waited" "$(state)"
		elif [ $((waited % every)) = 0 ]; then
			echo "    $waited s: $(state)"
		fi
	done
	if [ -t 1 ]; then printf '\r\033[K'; fi
	wait "$pid" || {
		tail -n 12 "$log" >&2
		fail "pip failed (all it said is in $log); the same command goes on from here"
	}
}

trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; echo; fail "stopped; the same command goes on from here"' INT TERM
begin=$SECONDS
make_venv
drop_halves
pip_install "2/4 $(grep -c == hashes.txt) packages of hashes.txt, checked by their hashes (2 minutes)" \
	--no-deps --require-hashes -r hashes.txt
pip_install "3/4 torch, with what it needs (20 s for a CPU build; minutes and 3 GB more for CUDA)" \
	-c constraints.txt "$(grep '^torch==' constraints.txt)"
pip_install "4/4 snnconvert itself, from this folder" --no-deps --no-build-isolation -e .
"$venv/bin/python" -c 'import torch; print("torch", torch.__version__)' ||
	fail "torch does not load; remove $venv and run the same command again"
echo "set up in $((SECONDS - begin)) s, $(du -sm "$venv" | cut -f1) MB: try $venv/bin/snnconvert --help"
