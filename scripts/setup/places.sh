# shellcheck shell=bash disable=SC2034,SC2154 # Read by the other files; $root and $setup_folder come from outside.
# Where set-up writes: into the checkout; or, where scripts/packaging/exporter.cmake has left a marker beside this file, into the
# user's data folder, since what is installed belongs to nobody who exports.

is_installed=''
environment=$root/.venv
work_folder=$root/.setup
if [[ -e $setup_folder/installed ]]; then
  is_installed=yes
  # Only absolute paths count (XDG Base Directory Specification).
  [[ ${XDG_DATA_HOME-} == /* ]] || XDG_DATA_HOME=${HOME:?}/.local/share
  environment=$XDG_DATA_HOME/deepcache-gen/venv
  work_folder=$XDG_DATA_HOME/deepcache-gen/.setup
fi
