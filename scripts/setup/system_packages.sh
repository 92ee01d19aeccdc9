# shellcheck shell=bash disable=SC2154,SC2034 # $work_folder comes from outside; the lists are found by their names.
# Debian and Ubuntu packages: which, how to tell that they are here, and how to install them.

# Package, and what proves it: a command, a header, a font, a Python module, or that a fuzz target can be linked. Not
# dpkg's word, so that a hand-made installation counts and other distributions work. third_party/README.md says what each
# library is for.
program_packages=(
  "g++ command g++"
  "cmake command cmake"
  "ninja-build command ninja"
  "python3-venv module ensurepip"
  "libcli11-dev header CLI/CLI.hpp"
  "nlohmann-json3-dev header nlohmann/json.hpp"
  "libstb-dev header stb/stb_truetype.h"
  "libkainjow-mustache-dev header kainjow/mustache.hpp"
  "fonts-dejavu-core font DejaVuSans.ttf"
  "libsentencepiece-dev header sentencepiece_processor.h"
  "libutf8proc-dev header utf8proc.h"
  "libssl-dev header openssl/evp.h"
  "zlib1g-dev header zlib.h"
  "libpng-dev header png.h"
  "libjpeg-dev header jpeglib.h"
  "libwebp-dev header webp/mux.h"
)
export_packages=("python3-venv module ensurepip")
# The second has what a fuzz target is linked with.
fuzz_packages=(
  "${program_packages[@]}"
  "clang command clang++"
  "libclang-rt-dev fuzzer clang++"
  "libgtest-dev header gtest/gtest.h"
  "libgmock-dev header gmock/gmock.h"
)
test_packages=("${fuzz_packages[@]}")

has_command() {
  command -v "$1" >/dev/null
}

has_module() {
  python3 -c "import $1" 2>/dev/null
}

has_fuzzer() {
  "$1" -fsanitize=fuzzer,address,undefined -x c++ -o /dev/null - 2>/dev/null \
    <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
}

has_font() {
  [[ -n $(find -L /usr/share/fonts /usr/local/share/fonts -name "$1" -print -quit 2>/dev/null) ]]
}

has_header() {
  local folder folders
  IFS=: read -ra folders <<<"${CPATH-}:${CMAKE_PREFIX_PATH:+${CMAKE_PREFIX_PATH//:/\/include:}/include}"
  for folder in /usr/include /usr/local/include "${folders[@]}"; do
    [[ -n $folder && -e $folder/$1 ]] && return
  done
  return 1
}

# missing_packages LEVEL: prints those that are not here.
missing_packages() {
  local line package kind proof
  local needs=$1
  case $1 in cuda | plot) needs='export' ;; esac # A Python environment and no more.
  local -n wanted=${needs}_packages
  for line in "${wanted[@]}"; do
    read -r package kind proof <<<"$line"
    "has_$kind" "$proof" || printf '%s\n' "$package"
  done
}

require_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]} == 0)) && return
  has_command apt-get ||
    fail "not found: ${missing[*]} (Debian's names). There is no apt-get here; install them, then run this again"
  install_packages "${missing[@]}"
}

# Prints nothing for root, `sudo` where it can work, and returns 1 where it cannot.
become_root() {
  (($(id -u) == 0)) && return
  has_command sudo || return 1
  # A password can be asked for only at a terminal.
  [[ -t 2 ]] || sudo -n true 2>/dev/null || return 1
  printf 'sudo'
}

install_packages() {
  local prefix log=$work_folder/apt.log
  prefix=$(become_root) ||
    fail "packages are missing, and installing them takes root; run this as root, then start again:" \
      "apt-get update && apt-get install -y --no-install-recommends $*"
  say "installing system packages (about a minute; log: $log): $*"
  apt_install "$prefix" "$@" >"$log" 2>&1 ||
    fail "apt-get could not install $*; see $log." \
      "Usual causes: no network, or another installation that is stuck; then run this again"
}

# apt_install PREFIX PACKAGE…: the package lists are fetched, and an interrupted dpkg is mended, only if it fails without.
apt_install() {
  local command=(apt-get -o DPkg::Lock::Timeout=600) prefix=()
  [[ -z $1 ]] || prefix=("$1")
  prefix+=(env DEBIAN_FRONTEND=noninteractive)
  shift
  local install=("${prefix[@]}" "${command[@]}" install -y --no-install-recommends "$@")
  "${install[@]}" && return
  "${prefix[@]}" dpkg --configure -a || true
  "${prefix[@]}" "${command[@]}" update && "${install[@]}"
}
