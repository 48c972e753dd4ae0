#!/bin/sh
# Shadow Gate in any CI that has a shell, git and Node: Jenkins, Buildkite, Bitbucket, Woodpecker, a cluster. More: docs/how-to/other-ci.md of Shadow Gate.
#
#   CHECKPOINT=models/candidate sh gate.sh
#
# Keep this script where the change under test cannot edit it, or run the one of the default branch:
#   sh -c "$(git show origin/main:ci/gate.sh)"
set -eu

# Pin a version, or name a clone: node path/to/shadow-gate/dist/cli.js
: "${SHADOW_GATE:=npx --yes --ignore-scripts shadow-gate}"
# The checkpoint under test.
: "${CHECKPOINT:=models/candidate}"
# From the approved branch: what the candidate was trained from, what was approved, and what may move how far.
: "${APPROVED_BRANCH:=main}" "${REFERENCE:=models/base}" "${BASELINE:=.shadow-gate/baseline.json}" "${POLICY:=shadow-gate.yml}"
# `warn` fails on a warning too.
: "${FAIL_ON:=inconclusive}"
# Another job may have written what is kept on a machine.
export SHADOW_GATE_CACHE="${SHADOW_GATE_CACHE:-off}"

project=$(pwd)
results=$project/shadow-gate
approved=$(mktemp -d)
trap 'rm -rf "$approved"; git -C "$project" worktree prune' EXIT

rm -rf "$results"
git fetch --quiet origin "refs/heads/$APPROVED_BRANCH"
git worktree add --quiet --detach "$approved/tree" FETCH_HEAD
cd "$approved/tree"

# Exits as the gate does: 0 pass or warn, 1 fail, 2 no verdict, 3 inconclusive. Let each but 0 fail the job.
# shellcheck disable=SC2086 # a command and its options
$SHADOW_GATE check --checkpoint "$project/$CHECKPOINT" --reference "$REFERENCE" --baseline "$BASELINE" --policy "$POLICY" \
  --fail-on "$FAIL_ON" --out "$results" --junit "$results/junit.xml"
