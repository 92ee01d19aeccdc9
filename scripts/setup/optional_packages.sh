# shellcheck shell=bash disable=SC2154,SC2034 # $work_folder comes from outside; the list is found by its name.
# Tools that a few tests run, and are skipped without. They are installed where apt has them; if that fails, one line says so.

# As in system_packages.sh. third_party/README.md says what each is for.
optional_packages=(
  "zsh command zsh"
  "fish command fish"
  "parallel command parallel"
  "munge daemon munged"
  "slurmctld daemon slurmctld"
  "slurmd daemon slurmd"
  "slurm-client command sbatch"
  "chromium command chromium"
  "man-db command man"
  "mandoc command mandoc"
  "dpkg-dev command dpkg-shlibdeps"
  "file command file"
)
optional_stamp=$work_folder/optional-packages

# Only root's PATH need lead to a daemon.
has_daemon() {
  PATH=$PATH:/usr/sbin:/sbin has_command "$1"
}

# All are here, or trying again would not help.
optional_packages_are_settled() {
  [[ -z $(missing_packages optional) ]] || is_fresh "$optional_stamp" "$setup_folder/optional_packages.sh"
}

install_optional_packages() {
  local reason missing
  begin_step
  if reason=$(try_optional_packages); then end_step "$optional_stamp"; fi
  mapfile -t missing < <(missing_packages optional)
  ((${#missing[@]} == 0)) || say "not installed: ${missing[*]} ($reason); tests that need them are skipped"
}

# Prints why those that are still missing are not here. Succeeds where trying again would not help.
try_optional_packages() {
  local missing installable prefix log=$work_folder/apt-optional.log
  has_command apt-cache || { printf 'there is no apt here' && return; }
  prefix=$(become_root) || { printf 'installing takes root' && return 1; }
  mapfile -t missing < <(missing_packages optional)
  mapfile -t installable < <(installable_packages "$prefix" "${missing[@]}" 2>"$log")
  printf 'apt has no such package'
  ((${#installable[@]} > 0)) || return 0
  say "installing tools that some tests run (a minute or two; log: $log): ${installable[*]}"
  apt_install "$prefix" -o "DPkg::Path=$(path_without_services)" "${installable[@]}" >>"$log" 2>&1 ||
    { printf ', or apt-get failed; see %s' "$log" && return 1; }
}

# installable_packages PREFIX PACKAGE…: prints those that apt can install. Package lists may be missing or old: they are
# fetched if not all are in them.
installable_packages() {
  local update=(apt-get -o DPkg::Lock::Timeout=600 update)
  [[ -z $1 ]] || update=("$1" "${update[@]}")
  shift
  (($(with_candidate "$@" | wc -l) == $#)) || "${update[@]}" >&2 || true
  with_candidate "$@"
}

with_candidate() {
  local package
  for package; do
    if has_candidate "$package"; then printf '%s\n' "$package"; fi
  done
}

# has_candidate PACKAGE: apt can install it, and it is not a stub that fetches a snap, as browsers are on Ubuntu.
has_candidate() {
  local facts
  facts=$(LC_ALL=C apt-cache show --no-all-versions "$1" 2>/dev/null) && [[ -n $facts ]] &&
    ! grep -qE '^(Pre-)?Depends:.*\<snapd\>|^Version:.*snap' <<<"$facts"
}

# Prints apt's default PATH for dpkg, and before it a folder whose commands start none of the services that come with the
# packages: tests start their own, and what a test needs must not run on this machine from now on.
path_without_services() {
  local folder=$work_folder/no-services command
  mkdir -p "$folder"
  for command in invoke-rc.d update-rc.d deb-systemd-invoke deb-systemd-helper; do
    ln -sf "$setup_folder/no_service.sh" "$folder/$command"
  done
  printf '%s:/usr/sbin:/usr/bin:/sbin:/bin' "$folder"
}
