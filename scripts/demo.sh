#!/usr/bin/env bash
# What `make demo` does after the set-up: train flags/genre.cfg, generate clips of every genre, judge them.
#   scripts/demo.sh PYTHON INSTALL_SECONDS [FLAGFILE [NUM_SAMPLES]]
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:?"usage: scripts/demo.sh PYTHON INSTALL_SECONDS [FLAGFILE [NUM_SAMPLES]]"}
install_seconds=${2:?"usage: scripts/demo.sh PYTHON INSTALL_SECONDS [FLAGFILE [NUM_SAMPLES]]"}
flagfile=${3:-flags/genre.cfg}
num_samples=${4:-8}
run_dir=runs/$(basename "$flagfile" .cfg)
clips_dir=$run_dir/clips

step() {
    printf '\n== %s\n   %s\n' "$1" "${*:2}"
    "${@:2}"
}

started=$SECONDS
step "1 of 3: train, or go on where an earlier start stopped" \
    "$python" train.py --flagfile="$flagfile" --run_dir="$run_dir"
trained=$SECONDS
step "2 of 3: generate $num_samples clips of every class" \
    "$python" generate.py --run_dir="$run_dir" --num_samples="$num_samples" --output_dir="$clips_dir"
generated=$SECONDS
step "3 of 3: judge fresh clips of every class" "$python" eval/judge.py --run_dir="$run_dir"

cat <<END

Done. Installing took $install_seconds s; the work took $((SECONDS - started)) s: training $((trained - started)),
generating $((generated - trained)), judging $((SECONDS - generated)).
  sounds    $clips_dir/*.wav
  pictures  $clips_dir/*.png
  numbers   $run_dir/judge/judge.csv
  history   $run_dir/history.csv, or: $(dirname "$python")/tensorboard --logdir $run_dir/logs
All in the folder $(pwd)/$run_dir
END
