# shellcheck shell=bash disable=SC2154 # $root and $work_folder come from the script that sources this.
# Stamps that say a step is done, and the lock that lets one run at a time.

# is_fresh STAMP INPUT…: STAMP was written in this place and no INPUT (file or folder) has changed since.
# The stamp holds the checkout's path, because build folders and run paths do not survive a move.
is_fresh() {
  local stamp=$1
  shift
  [[ -r $stamp && $(<"$stamp") == "$root" ]] || return 1
  [[ -z $(find "$@" -newer "$stamp" -print -quit) ]]
}

# A stamp takes the time when its step began, so that an input edited meanwhile counts as newer.
begin_step() {
  printf '%s\n' "$root" >"$work_folder/began"
}

# end_step STAMP
end_step() {
  mkdir -p "${1%/*}"
  mv -f "$work_folder/began" "$1"
}

# take_lock NAME: waits for any other run that holds it in this checkout. The children inherit the lock, so that it also
# outlives a killed parent for as long as its package installer or compiler still writes.
take_lock() {
  mkdir -p "$work_folder" 2>/dev/null ||
    fail "cannot write in ${work_folder%/*}; set-up needs that, so run it once as the owner of this folder"
  exec 9>"$work_folder/$1.lock"
  flock --nonblock 9 && return
  say "another $1 of this checkout is running; waiting for it"
  flock 9
}
