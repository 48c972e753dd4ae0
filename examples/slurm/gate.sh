#!/bin/bash
# Shadow Gate on Slurm: an array of jobs measures one checkpoint in N shares, and a last job joins and judges them. More:
# docs/how-to/engines.md of Shadow Gate.
#
#   CHECKPOINT=/models/candidate bash gate.sh
#
# Run it on a login node, in a checkout of the approved branch under a path that all nodes have. It waits until all is done, and exits as
# the gate does: 0 pass or warn, 1 fail, 2 no verdict, 3 inconclusive. $OUT has report.html, report.json, junit.xml and a log of each job.
# Where a share is lost there is no verdict, and the last job names the share.
set -euo pipefail

# Pin a version, or name a clone: node /shared/shadow-gate/dist/cli.js
: "${SHADOW_GATE:=npx --yes --ignore-scripts shadow-gate}"
# The checkpoint under test: a path that all nodes have.
: "${CHECKPOINT:=models/candidate}"
# From the approved branch: what the candidate was trained from, the approved measurement, and what may move how far.
: "${REFERENCE:=models/base}" "${BASELINE:=.shadow-gate/baseline.json}" "${POLICY:=shadow-gate.yml}"
# Shares, and a folder that does not exist yet: a share of an earlier run must not stand in for one that is lost.
: "${N:=4}" "${OUT:=shadow-gate-$(date +%Y%m%dT%H%M%S)}"
# Options of sbatch. A share needs the memory that the whole takes on one machine.
: "${SHARE_OPTIONS=--cpus-per-task=8 --mem=32G --time=02:00:00}" "${JUDGE_OPTIONS=--cpus-per-task=1 --mem=4G --time=00:15:00}"
# `warn` fails on a warning too.
: "${FAIL_ON:=inconclusive}"
# Another job may have written what is kept in a home folder.
: "${SHADOW_GATE_CACHE:=off}"
export SHADOW_GATE CHECKPOINT REFERENCE BASELINE POLICY N OUT FAIL_ON SHADOW_GATE_CACHE

# shellcheck disable=SC2086 # a command and its options, and options of sbatch
case "${1:-submit}" in
submit)
  mkdir "$OUT" || exit 2
  shares=$(sbatch --parsable --export=ALL --array="1-$N" --output="$OUT/share-%a.log" $SHARE_OPTIONS "$0" share) || exit 2
  # Also where this script is interrupted: the last job then finds shares missing.
  trap 'scancel --quiet "${shares%%;*}" || true' EXIT
  # After any end of the shares: with afterok, nothing would run where one is lost, and nothing would be said.
  sbatch --wait --export=ALL --dependency="afterany:${shares%%;*}" --output="$OUT/judge.log" $JUDGE_OPTIONS "$0" judge || true
  # sbatch exits with 0 if the job was canceled while it waited, so its exit code is not used.
  if ! cat "$OUT/judge.log" || ! code=$(cat "$OUT/exit-code"); then
    echo "no verdict: the last job did not get to its end (sacct says why)" >&2
    exit 2
  fi
  exit "$code"
  ;;
share)
  exec $SHADOW_GATE measure --checkpoint "$CHECKPOINT" --reference "$REFERENCE" --policy "$POLICY" --like "$BASELINE" \
    --shard "$SLURM_ARRAY_TASK_ID/$N" --out "$OUT/share-$SLURM_ARRAY_TASK_ID.json"
  ;;
judge)
  code=0
  {
    $SHADOW_GATE merge "$OUT"/share-*.json --out "$OUT/measurement.json" &&
      $SHADOW_GATE compare "$OUT/measurement.json" "$BASELINE" --policy "$POLICY" --fail-on "$FAIL_ON" --out "$OUT" --junit "$OUT/junit.xml"
  } || code=$?
  echo "$code" > "$OUT/exit-code"
  exit "$code"
  ;;
esac
