# shellcheck shell=bash disable=SC2154 # $root and the places come from the script that sources this.
# The Python environment, .venv in a checkout: LibTorch from the torch wheel and, when exporting or testing, Python packages.
# Stamps lie in the environment itself, so that they go when it is deleted.

# Each level includes those before it; `plot`, which needs no torch, is part of `test` only.
python_levels=(libtorch cuda export test)

# levels_with LEVEL: it and those that include it.
levels_with() {
  local level included=''
  [[ $1 != plot ]] || { printf '%s\n' plot test && return; }
  for level in "${python_levels[@]}"; do
    [[ $level != "$1" ]] || included=yes
    [[ -z $included ]] || printf '%s\n' "$level"
  done
}

# requirement_files LEVEL: the files of that level and those before it.
requirement_files() {
  [[ $1 != plot ]] || { printf '%s\n' "$root/scripts/requirements-plot.txt" && return; }
  printf '%s\n' "$root/scripts/requirements.txt"
  case $1 in export | test) printf '%s\n' "$root/scripts/requirements-export.txt" "$root/scripts/requirements-no-deps.txt" ;; esac
  case $1 in test) printf '%s\n' "$root/scripts/requirements-test.txt" "$root/scripts/requirements-plot.txt" ;; esac
}

# The program runs on the CPU with three wheels; only a GPU needs the gigabytes of CUDA libraries.
python_level_of_program() {
  if has_nvidia_driver; then printf 'cuda'; else printf 'libtorch'; fi
}

has_nvidia_driver() {
  [[ -e /proc/driver/nvidia/version || -e /usr/lib/wsl/lib/libcuda.so.1 ]] || has_command nvidia-smi
}

# python_is_current LEVEL: it, or a level that includes it, is installed as the requirement files ask now.
python_is_current() {
  local level files levels
  mapfile -t files < <(requirement_files "$1")
  mapfile -t levels < <(levels_with "$1")
  for level in "${levels[@]}"; do
    if is_fresh "$environment/setup/$level" "${files[@]}"; then return; fi
  done
  return 1
}

install_python_packages() {
  begin_step
  make_environment
  remove_half_installed
  case $1 in
    libtorch) say "installing LibTorch into ${environment#"$root/"} (download 0.6 GB, 1.3 GB on disk; a minute or two on a fast line)" ;;
    plot) say "installing matplotlib into ${environment#"$root/"} (download 30 MB, 90 MB on disk)" ;;
    *) say "installing torch, all its libraries and packages into ${environment#"$root/"} (download 3 GB, 5 GB on disk; some minutes)" ;;
  esac
  "install_$1"
  end_step "$environment/setup/$1"
}

install_libtorch() {
  pip_install --no-deps --requirement "$root/scripts/requirements.txt"
}

install_cuda() {
  pip_install --requirement "$root/scripts/requirements.txt"
  has_cuda_compiler || install_cuda_compiler
}

# Our CUDA kernels are compiled by a toolkit that is there, in PATH or $CUDA_HOME, or by the wheels of one; installed ones are
# compiled already.
has_cuda_compiler() {
  [[ -z $is_installed ]] || return 0
  compiles_cuda nvcc || compiles_cuda "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ||
    is_fresh "$environment/setup/nvcc" "$root/scripts/requirements-nvcc.txt"
}

# compiles_cuda NVCC: it is one of CUDA 13 or later, which LibTorch is built with.
compiles_cuda() {
  has_command "$1" && "$1" --version | grep -qE 'release (1[3-9]|[2-9][0-9])\.'
}

install_cuda_compiler() {
  say "installing a CUDA compiler into ${environment#"$root/"} (download 0.1 GB, 0.3 GB on disk)"
  pip_install --no-deps --requirement "$root/scripts/requirements-nvcc.txt"
  mkdir -p "$environment/setup"
  cp -p "$work_folder/began" "$environment/setup/nvcc"
}

install_export() {
  pip_install --requirement "$root/scripts/requirements.txt" --requirement "$root/scripts/requirements-export.txt"
  pip_install --no-deps --requirement "$root/scripts/requirements-no-deps.txt"
}

install_plot() {
  pip_install --requirement "$root/scripts/requirements-plot.txt"
}

install_test() {
  pip_install --requirement "$root/scripts/requirements.txt" --requirement "$root/scripts/requirements-export.txt" \
    --requirement "$root/scripts/requirements-test.txt"
  pip_install --no-deps --requirement "$root/scripts/requirements-no-deps.txt"
}

# The user's own Python settings must not lead pip out of .venv.
environment_python() {
  env -u PYTHONPATH -u PYTHONHOME PIP_USER=0 "$environment/bin/python" "$@"
}

# An environment that was interrupted while it was made, or whose Python has gone, is made anew.
make_environment() {
  environment_python -m pip --version >/dev/null 2>&1 && return
  python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' ||
    fail "Python 3.11 to 3.14 is needed, but 'python3' is $(python3 --version 2>&1); put a fitting one first in PATH"
  say "making the Python environment ${environment#"$root/"}"
  python3 -m venv --clear "$environment" >"$work_folder/venv.log" 2>&1 ||
    fail "python3 -m venv failed; see $work_folder/venv.log"
}

# pip takes a package for installed as soon as its METADATA is there, but writes RECORD last.
remove_half_installed() {
  local folder
  for folder in "$environment"/lib/python3*/site-packages/*.dist-info; do
    if [[ -d $folder && ! -s $folder/RECORD ]]; then rm -rf "$folder"; fi
  done
}

pip_install() {
  local log=$work_folder/pip.log
  environment_python -m pip --disable-pip-version-check --log "$log" install --no-input "$@" ||
    fail "pip could not install the packages; see $log. Usual causes: no network, or a full disk; then run this again"
}
