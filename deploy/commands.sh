# shellcheck shell=bash
# How every command is run, told and refused. Sourced by deploy.sh.

# The problem, then the one step that fixes it.
fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  [[ -z "${2:-}" ]] || printf '  fix: %s\n' "$2" >&2
  exit 1
}

say() {
  printf '%s\n' "$*"
}

# A command, as it would be typed. To descriptor 3, which is the script's own stdout even where
# a function's output is being captured.
announce() {
  local line
  printf -v line ' %q' "$@"
  printf '$%s\n' "$line" >&3
}

# A command that changes something.
run() {
  announce "$@"
  ((DRY_RUN)) || "$@"
}

# A command that only asks; its output is the answer. A dry run has no answer to give.
ask() {
  if ((DRY_RUN)); then
    announce "$@"
  else
    "$@"
  fi
}

# How gcloud says that a thing is not there: each API has its own words for it.
readonly ABSENT='NOT_FOUND|status=\[404\]|[Nn]ot found|does not exist|Cannot find'

# Whether the thing that a `gcloud ... describe` asks for exists. Any failure but "not found"
# ends the run: taking a refused permission for an absence would create things twice.
exists() {
  local complaint
  if ((DRY_RUN)); then # nothing is there before a first deployment, and all before a deletion
    announce "$@"
    [[ "$ACTION" == delete ]]
    return
  fi
  complaint=$("$@" 2>&1 >/dev/null) && return 0
  grep --quiet --extended-regexp "$ABSENT" <<<"$complaint" && return 1
  fail "$* failed: $complaint" "see what that command says when you run it yourself"
}

# What Google Cloud has just made can take a while to be seen everywhere.
patiently() {
  local try
  for try in 1 2 3 4 5; do
    "$@" && return 0
    sleep "$((try * DEPLOY_PAUSE))"
  done
  "$@"
}

confirm() {
  ((YES || DRY_RUN)) && return 0
  [[ -t 0 ]] || fail "$1: nobody is there to confirm it" "add --yes"
  local answer
  read -r -p "$1. Type $NAME to go on: " answer
  [[ "$answer" == "$NAME" ]] || fail "not confirmed; nothing was changed"
}
