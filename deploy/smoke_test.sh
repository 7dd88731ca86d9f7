# shellcheck shell=bash
# Checks the deployment by classifying a photo at its URL. Sourced by deploy.sh.

# smoke_test URL. An update is tested at the URL of its tag, before it gets traffic.
smoke_test() {
  local url=$1 first next removal=", or remove it: ./deploy.sh --delete with the same flags"
  local state="the function is live but does not classify"
  if [[ -n "$PREVIOUS" ]]; then
    url=${1/:\/\//://$CANDIDATE---}
    state="the new revision does not classify; $PREVIOUS keeps the traffic" removal=''
  fi
  if ((DRY_RUN)); then
    ((PUBLIC)) || print_identity_token "$1" >/dev/null
    [[ -z "$KEY_SECRET" ]] || query gcloud secrets versions access latest \
      --secret="$KEY_SECRET" --project="$PROJECT"
    print_command curl --header @HEADERS --data-binary @PHOTO "$url/"
    return 0
  fi
  say "Classifying $PHOTO at $url ..."
  read_credentials "$1"
  # A new permission to call the function takes a while to become visible.
  first=$(with_retries classify_photo "$url") ||
    fail "$state" \
      "see docs/deploy.md#when-it-fails, and: gcloud functions logs read $NAME ${WHERE[*]}$removal"
  next=$(classify_photo "$url")
  say "The first label is ${first#* }. First call: ${first%% *} s, next: ${next%% *} s," \
    "including the network."
}

# Print the seconds that the request took, and the first label. Fails on an unexpected reply.
classify_photo() {
  local reply status label=''
  local pattern='"labels":\[\{[^{}]*"label":("([^"\]|\\.)*")'
  reply=$(curl --silent --show-error --max-time "$TIMEOUT" --header @<(request_headers) \
    --data-binary "@$PHOTO" --write-out '\n%{http_code} %{time_total}' "$1/") || return 1
  status=${reply##*$'\n'}
  [[ ! "$reply" =~ $pattern ]] || label=${BASH_REMATCH[1]}
  if [[ "$status" == 200\ * && "$reply" == *"\"name\":$MODEL_NAME"* && -n "$label" ]] &&
    [[ -z "$EXPECTED_LABEL" || "$label" == "$EXPECTED_LABEL" ]]; then
    printf '%s %s' "${status#200 }" "$label"
  else
    printf 'deploy.sh: expected %s from %s, got: %s\n' "${EXPECTED_LABEL:-a label}" "$MODEL_NAME" \
      "${reply:0:500}" >&2
    return 1
  fi
}

# Kept in variables that are not exported and passed to curl through a pipe, so that neither the
# process list nor a file on disk contains them.
read_credentials() {
  IDENTITY_TOKEN=''
  ((PUBLIC)) || IDENTITY_TOKEN=$(print_identity_token "$1")
  FIRST_API_KEY=''
  [[ -z "$KEY_SECRET" ]] || FIRST_API_KEY=$(stored_api_keys | cut -d , -f 1)
}

# gcloud takes an audience for service accounts only.
print_identity_token() {
  if [[ "$ACCOUNT" == *.gserviceaccount.com ]]; then
    query gcloud auth print-identity-token --audiences="$1"
  else
    query gcloud auth print-identity-token
  fi
}

request_headers() {
  printf 'Content-Type: application/octet-stream\n'
  [[ -z "$IDENTITY_TOKEN" ]] || printf 'Authorization: Bearer %s\n' "$IDENTITY_TOKEN"
  [[ -z "$FIRST_API_KEY" ]] || printf 'X-API-Key: %s\n' "$FIRST_API_KEY"
}
