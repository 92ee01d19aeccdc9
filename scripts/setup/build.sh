# shellcheck shell=bash disable=SC2154 # $root and $work_folder come from the script that sources this.
# Compiling. The stamp lies in the build folder, so that it goes when that is deleted.

build_inputs=("$root/src" "$root/third_party" "$root/CMakeLists.txt" "$root/CMakePresets.json"
  "$root/scripts/requirements.txt")

build_is_current() {
  [[ -x $root/build/deepcache-gen ]] && is_fresh "$root/build/.setup-stamp" "${build_inputs[@]}"
}

build_program() {
  local jobs
  jobs=$(compile_jobs)
  begin_step
  # All of it takes one core some 8 minutes.
  say "compiling (the first time about $(((8 + jobs - 1) / jobs)) minutes; log: $work_folder/build-release.log)"
  compile release build ||
    fail "the build failed; the error is in $work_folder/build-release.log. After mending it, run this again"
  end_step "$root/build/.setup-stamp"
}

# compile PRESET FOLDER [BUILD_PRESET]: configures and builds; ninja's progress goes to stderr and to a log.
compile() {
  remove_foreign_build "$root/$2"
  {
    cd "$root" && cmake --preset "$1" && cmake --build --preset "${3-$1}" --parallel "$(compile_jobs)"
  } 2>&1 | tee "$work_folder/build-${3-$1}.log" >&2
}

# CMake refuses a build folder that was configured for another place, as after moving the checkout.
remove_foreign_build() {
  local cache=$1/CMakeCache.txt
  [[ ! -e $cache ]] || grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" || rm -rf "$1"
}

# As many as there are cores, and no more than memory bears: a file that includes LibTorch takes up to 1.1 GB.
compile_jobs() {
  local cores memory_kb
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
  local by_memory=$((memory_kb / 1200000))
  ((by_memory > 0)) || by_memory=1
  printf '%d' $((cores < by_memory ? cores : by_memory))
}
