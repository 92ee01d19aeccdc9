#!/usr/bin/env bash
# Makes the pictures of a prompt file as a Slurm array job, one shard a task, and merges the records.
#
#   scripts/slurm_array.sh --tasks N --records DIR [--sbatch 'FLAG…'] -- --prompts FILE --output OUT [FLAG…]
#
# What follows -- goes to deepcache-gen. Each task adds its JSON records to DIR/task-I.jsonl; a last job merges them into
# DIR/all.jsonl (scripts/merge_records.py). A task that is killed or requeued goes on where it was: pictures that are there
# are not made again. --sbatch: flags for sbatch, as '--partition=gpu --gres=gpu:1'. Prints the two job ids.
# The checkout, the prompts, DIR and OUT must be seen by all nodes; DEEPCACHE_GEN names another program than
# scripts/deepcache-gen.
set -euo pipefail
script=$(realpath -- "${BASH_SOURCE[0]}")
root=${script%/scripts/*}

fail() {
  printf 'slurm_array.sh: %s\n' "$*" >&2
  exit 2
}

submit() {
  local tasks='' records='' sbatch_flags=() array merge
  while (($# > 0)) && [[ $1 != -- ]]; do
    (($# > 1)) || fail "$1: its value is missing"
    case $1 in
      --tasks) tasks=$2 ;;
      --records) records=$2 ;;
      --sbatch) read -ra sbatch_flags <<<"$2" ;;
      *) fail "unknown flag '$1'; usage: slurm_array.sh --tasks N --records DIR [--sbatch 'FLAG…'] -- FLAG…" ;;
    esac
    shift 2
  done
  [[ $tasks =~ ^[1-9][0-9]*$ ]] || fail "--tasks '$tasks': expected how many tasks, 1 or more"
  [[ -n $records ]] || fail "--records is missing; name a folder for the records"
  (($# > 1)) || fail "after -- come the flags of deepcache-gen, with --prompts FILE"
  shift
  command -v sbatch >/dev/null || fail "sbatch was not found; this runs where Slurm's commands are"
  mkdir -p -- "$records"
  records=$(realpath -- "$records")
  array=$(sbatch --parsable --job-name=deepcache-gen --requeue --array="1-$tasks" --open-mode=append \
    --output="$records/task-%a.log" "${sbatch_flags[@]}" --wrap "$(command_line task "$tasks" "$records" "$@")")
  merge=$(sbatch --parsable --job-name=deepcache-gen-merge --dependency="afterany:${array%%;*}" \
    --output="$records/merge.log" "${sbatch_flags[@]}" --wrap "$(command_line merge "$records")")
  printf '%s\n' "${array%%;*}" "${merge%%;*}"
}

# The words as a shell reads them back.
command_line() {
  printf 'exec '
  printf '%q ' "$script" "$@"
}

task() {
  local tasks=$1 records=$2
  local file=$records/task-$SLURM_ARRAY_TASK_ID.jsonl
  shift 2
  # What a killed attempt left of a line must not swallow the next record.
  [[ ! -s $file || -z $(tail -c 1 "$file") ]] || printf '\n' >>"$file"
  exec "${DEEPCACHE_GEN:-$root/scripts/deepcache-gen}" "$@" --shard "$SLURM_ARRAY_TASK_ID/$tasks" --resume --json >>"$file"
}

case ${1-} in
  task) shift && task "$@" ;;
  merge) exec python3 "$root/scripts/merge_records.py" "$2" ;;
  *) submit "$@" ;;
esac
