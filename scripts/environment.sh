# Prepares the virtual environment `.venv`. Sourced by the other scripts:
#
#   . scripts/environment.sh
#   prepare_environment EXTRA...
#
# installs the project with these extras of setup.py and with one build of
# TensorFlow, and puts the environment first in PATH. DARTS_TF_EXTRA in the
# environment chooses the build: cpu, tensorflow or cuda. What is installed
# already is not installed again.

_fail() {
  echo "error: $*" >&2
  exit 2
}

# Prints the first interpreter that the project runs on.
_find_python() {
  local candidate
  for candidate in python3 python3.12 python3.11 python3.10; do
    if "$candidate" -c 'import sys
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Prints the build of TensorFlow that fits this machine, unless one was named.
_tensorflow_build() {
  local build="${DARTS_TF_EXTRA:-}"
  if [ -z "$build" ]; then
    # There is a smaller build without GPU support for this platform only.
    case "$(uname -s) $(uname -m)" in
      'Linux x86_64') build=cpu ;;
      *) build=tensorflow ;;
    esac
  fi
  case "$build" in
    cpu | tensorflow | cuda) echo "$build" ;;
    *) return 1 ;;
  esac
}

# Prints a number that changes when what must be installed changes.
_fingerprint() {
  .venv/bin/python - setup.py pyproject.toml <<'PYTHON'
import hashlib
import os
import sys

digest = hashlib.sha256(os.getcwd().encode())
for name in sys.argv[1:]:
  with open(name, 'rb') as file:
    digest.update(file.read())
print(digest.hexdigest())
PYTHON
}

prepare_environment() {
  local python build extras extra stamp fingerprint
  build="$(_tensorflow_build)" || _fail "Unknown build of TensorFlow;" \
    "expected cpu, tensorflow or cuda. Received: DARTS_TF_EXTRA=${DARTS_TF_EXTRA:-}"
  extras="$build"
  for extra in "$@"; do
    extras="$extras,$extra"
  done

  # An environment that is broken, or holds another build of TensorFlow (they
  # exclude each other), is made anew.
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
      [ "$(cat .venv/darts_tf/build 2>/dev/null)" != "$build" ]; then
    python="$(_find_python)" || _fail "No Python found to run on; expected" \
      "python3.10, python3.11 or python3.12 on the PATH."
    echo "Creating the virtual environment .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || _fail "The virtual environment could" \
      "not be created; on Debian and Ubuntu, install python3-venv."
    mkdir -p .venv/darts_tf
    echo "$build" > .venv/darts_tf/build
  fi

  # One stamp for each set of extras, so that they do not undo each other.
  stamp=".venv/darts_tf/$extras"
  fingerprint="$(_fingerprint)"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$fingerprint" ]; then
    echo "Installing darts_tf[$extras] into .venv; this takes some minutes" \
      "the first time"
    .venv/bin/python -m pip install -qq --disable-pip-version-check \
      --editable ".[$extras]" || _fail "The installation failed; see above."
    echo "$fingerprint" > "$stamp"
  fi
  # In place of bin/activate, which not every shell option survives.
  export VIRTUAL_ENV="$PWD/.venv" PATH="$PWD/.venv/bin:$PATH"
  unset PYTHONHOME
}

# Prints an interpreter that has PyTorch: that of DARTS_TF_PYTORCH in the
# environment, or one of an environment of its own, which is made if needed.
# The two libraries need not agree on anything.
pytorch_interpreter() {
  if [ -n "${DARTS_TF_PYTORCH:-}" ]; then
    echo "$DARTS_TF_PYTORCH"
    return
  fi
  if ! .venv-torch/bin/python -c 'import torch' 2>/dev/null; then
    python -m venv --clear .venv-torch >&2
    .venv-torch/bin/python -m pip install --quiet torch==2.13.0 numpy >&2 ||
      _fail "The installation of PyTorch failed; see above."
  fi
  echo .venv-torch/bin/python
}
