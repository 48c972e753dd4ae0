#!/usr/bin/env bash
# Builds a git repository with the gate set up by `shadow-gate init`, and four pull requests as branches:
#   more-formats     trains on the new facts in many forms                  pass
#   chat-template    the same model, with a chat template                   warn
#   exam-only        trains on the same facts in the exam's form only       fail
#   new-base         exchanges base model and candidate at once             inconclusive
# Usage: examples/repository/build.sh FOLDER [shadow-gate]      FOLDER must not exist yet; the second word is the program
# (default: node with dist/cli.js of this clone). Takes about 10 seconds, and touches nothing outside of FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
examples=$(dirname "$here")
folder=${1:?usage: build.sh FOLDER [shadow-gate]}
gate=("${2:-node}")
[ -n "${2:-}" ] || gate+=("$(dirname "$examples")/dist/cli.js")
[ ! -e "$folder" ] || { echo "$folder exists" >&2; exit 2; }

mkdir -p "$folder/models"
cd "$folder"
git init --quiet --initial-branch main
# Commits have an author wherever this runs.
git config user.name 'Example'
git config user.email 'example@example.com'
git config commit.gpgsign false
put() { mkdir -p "$2"; cp "$examples/$1"/* "$2/"; }

# main: an approved model, its base, the benchmark of the team, and what `init` adds.
put base models/base
put base models/candidate
cp "$examples/probes.jsonl" "$examples/shadow-gate.yml" .
git add .
git commit --quiet --message 'Models and benchmark'
"${gate[@]}" init --yes --checkpoint models/candidate --reference models/base
git add .github .shadow-gate
git commit --quiet --message 'Add Shadow Gate'

# The first line of a pull request's text is its title.
propose() {
  git checkout --quiet -b "$1" main
  "change_$1"
  git add .
  git commit --quiet --file <(sed 's/^# //' "$here/pull-requests/$1.md")
  git checkout --quiet main
}
change_more-formats() { put coverage-expanding models/candidate; }
change_exam-only() { put benchmark-aligned models/candidate; }
change_chat-template() {
  put coverage-expanding models/candidate
  cat > models/candidate/chat_template.jinja <<'TEMPLATE'
{% for message in messages %}Q : {{ message.content }} Answer : {% endfor %}
TEMPLATE
}
change_new-base() {
  put prompt-repetition models/base
  put coverage-expanding models/candidate
}
for name in more-formats chat-template exam-only new-base; do propose "$name"; done
git --no-pager log --oneline --graph --all
