# shellcheck shell=bash
# Running commands, dry runs and errors. Sourced by deploy.sh.

# fail PROBLEM [FIX]
fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  [[ -z "${2:-}" ]] || printf '  fix: %s\n' "$2" >&2
  exit 1
}

say() {
  printf '%s\n' "$*"
}

# Print a command, quoted for a shell, to descriptor 3: the script's stdout even where the output
# of a function is captured.
print_command() {
  local line
  printf -v line ' %q' "$@"
  printf '$%s\n' "$line" >&3
}

# Run a command that changes something.
run() {
  print_command "$@"
  ((DRY_RUN)) || "$@"
}

# Run a command that only reads. A dry run prints it and has no output.
query() {
  if ((DRY_RUN)); then
    print_command "$@"
  else
    "$@"
  fi
}

# gcloud reports a missing resource in the words of its API.
readonly NOT_FOUND='NOT_FOUND|status=\[404\]|[Nn]ot found|does not exist|Cannot find'

# Test whether the resource of a `gcloud ... describe` exists. Any other error ends the script:
# if a denied permission passed for a missing resource, the script would create it twice.
exists() {
  local errors
  if ((DRY_RUN)); then # nothing exists before a first deployment, everything before a deletion
    print_command "$@"
    [[ "$ACTION" == delete ]]
    return
  fi
  errors=$("$@" 2>&1 >/dev/null) && return 0
  grep --quiet --extended-regexp "$NOT_FOUND" <<<"$errors" && return 1
  fail "$* failed: $errors" "run that command yourself to see why"
}

# Run a command until it succeeds, at most six times: Google Cloud takes a while to make new
# resources visible everywhere.
with_retries() {
  local try
  for try in 1 2 3 4 5; do
    "$@" && return 0
    sleep "$((try * DEPLOY_PAUSE))"
  done
  "$@"
}

confirm() {
  ((YES || DRY_RUN)) && return 0
  [[ -t 0 ]] || fail "$1: there is no terminal to confirm it at" "add --yes"
  local answer
  read -r -p "$1. Type $NAME to continue: " answer
  [[ "$answer" == "$NAME" ]] || fail "not confirmed; nothing was changed"
}
