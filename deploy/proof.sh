# shellcheck shell=bash
# Proves the deployment by classifying a photo at its URL. Sourced by deploy.sh.

readonly PHOTO=$ROOT/tests/data/chelsea.jpg
# A model that does not know this cat proves itself by any label.
EXPECTED='"Egyptian cat"'

prove() {
  local url=$1 first next
  grep --quiet --recursive 'Egyptian cat' "$ROOT/model/$MODEL" || EXPECTED='{"labels":[{'
  if ((DRY_RUN)); then
    ((PUBLIC)) || print_identity_token "$url" >/dev/null
    [[ -z "$KEY_SECRET" ]] || ask gcloud secrets versions access latest --secret="$KEY_SECRET" \
      --project="$PROJECT"
    announce curl --header @HEADERS --data-binary "@$PHOTO" "$url/"
    return 0
  fi
  say "Classifying $PHOTO at $url ..."
  read_credentials "$url"
  # The right to call the function, too, can take a while to be seen.
  first=$(patiently classify_photo "$url") ||
    fail "the function is deployed but does not classify" \
      "./deploy.sh --rollback, and read: gcloud functions logs read $NAME ${WHERE[*]}"
  next=$(classify_photo "$url")
  say "It says $EXPECTED. First call: $first s, next: $next s, the way there and back included."
}

# Seconds that one classification took. Complains of another reply than the right one.
classify_photo() {
  local reply status
  reply=$(curl --silent --show-error --max-time "$TIMEOUT" --header @<(request_headers) \
    --data-binary "@$PHOTO" --write-out '\n%{http_code} %{time_total}' "$1/") || return 1
  status=${reply##*$'\n'}
  if [[ "$status" != 200\ * || "$reply" != *$EXPECTED* ]]; then
    printf 'deploy.sh: not the expected reply: %s\n' "${reply:0:500}" >&2
    return 1
  fi
  printf '%s' "${status#200 }"
}

# Held in variables that are not exported, and given to curl as a file that never touches a
# disk: neither a process list nor a log shows them.
read_credentials() {
  IDENTITY_TOKEN=''
  ((PUBLIC)) || IDENTITY_TOKEN=$(print_identity_token "$1")
  FIRST_API_KEY=''
  [[ -z "$KEY_SECRET" ]] || FIRST_API_KEY=$(stored_api_keys | cut -d , -f 1)
}

# gcloud lets service accounts say whom a token is for, and people not.
print_identity_token() {
  if [[ "$ACCOUNT" == *.gserviceaccount.com ]]; then
    ask gcloud auth print-identity-token --audiences="$1"
  else
    ask gcloud auth print-identity-token
  fi
}

request_headers() {
  printf 'Content-Type: image/jpeg\n'
  [[ -z "$IDENTITY_TOKEN" ]] || printf 'Authorization: Bearer %s\n' "$IDENTITY_TOKEN"
  [[ -z "$FIRST_API_KEY" ]] || printf 'X-API-Key: %s\n' "$FIRST_API_KEY"
}
