#!/bin/sh
# Gates the checkpoints of a training run while it goes on: one table and one page of all of them, made again whenever one is complete. More:
# docs/how-to/lora-on-a-laptop.md of Shadow Gate.
#
#   sh while-training.sh
#
# `Trainer` of transformers writes trainer_state.json after weights and tokenizer. If your trainer has no such file, take what it writes
# last, or let it write to another name and rename the folder. End the training with `touch out/finished`. A verdict stays in the table as
# long as its checkpoint is there (`save_total_limit` deletes them). Exits with the code of the last sweep, and with 3 without a checkpoint.

# Pin a version, or name a clone: node path/to/shadow-gate/dist/cli.js
: "${SHADOW_GATE:=npx --yes --ignore-scripts shadow-gate}"
# Where the trainer writes, what it started from, and what was approved.
: "${RUN:=out}" "${REFERENCE:=models/base}" "${BASELINE:=.shadow-gate/baseline.json}"

status=3
seen=
while :; do
  # Looked for first: a checkpoint that is complete by then is found below.
  finished=$(ls "$RUN/finished" 2>/dev/null)
  set --
  for state in "$RUN"/checkpoint-*/trainer_state.json; do
    [ -e "$state" ] && set -- "$@" "${state%/*}"
  done
  if [ "$*" != "$seen" ]; then
    # shellcheck disable=SC2086 # a command and its options
    $SHADOW_GATE sweep "$@" --reference "$REFERENCE" --baseline "$BASELINE" --out sweep --quiet
    status=$?
    seen=$*
  fi
  [ -n "$finished" ] && exit "$status"
  sleep 60
done
