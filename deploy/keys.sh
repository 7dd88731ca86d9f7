# shellcheck shell=bash
# API keys: from a file to Secret Manager, never through a command line, the environment of a
# process, a log or the function's description. Sourced by deploy.sh.

# Reads $API_KEYS_FILE into $API_KEYS, which is not exported: no other process sees it.
read_api_keys() {
  [[ "$API_KEYS_FILE" == - || -r "$API_KEYS_FILE" ]] ||
    fail "the file of API keys '$API_KEYS_FILE' cannot be read" "see its name and permissions"
  local key source=$API_KEYS_FILE
  [[ "$source" != - ]] || source=/dev/stdin
  API_KEYS=''
  while IFS= read -r key || [[ -n "$key" ]]; do
    [[ -n "$key" ]] || continue
    # The message must not show the key.
    [[ "$key" =~ ^[A-Za-z0-9._~-]{16,}$ ]] ||
      fail "an API key has fewer than 16 characters, or others than A-Z a-z 0-9 . _ ~ -" \
        "make one: openssl rand -hex 32"
    API_KEYS+=${API_KEYS:+,}$key
  done < <(tr ',' '\n' <"$source")
  [[ -n "$API_KEYS" ]] || fail "there is no API key in '$API_KEYS_FILE'" "openssl rand -hex 32"
}

# Leaves in $KEY_SECRET the secret that holds the keys, or nothing if there are to be none.
settle_api_keys() {
  KEY_SECRET=''
  ((NO_API_KEYS)) && return 0
  local secret=$NAME-api-keys known=0
  exists gcloud secrets describe "$secret" --project="$PROJECT" && known=1
  if [[ -z "$API_KEYS_FILE" ]]; then
    ((!known)) || KEY_SECRET=$secret
    require_api_keys_if_public
    return 0
  fi
  KEY_SECRET=$secret
  ((known)) || run gcloud secrets create "$secret" --project="$PROJECT" \
    --replication-policy=automatic --labels="app=$NAME"
  if [[ "$(stored_api_keys)" != "$API_KEYS" ]]; then
    run_with_api_keys gcloud secrets versions add "$secret" --project="$PROJECT" --data-file=-
  fi
}

require_api_keys_if_public() {
  [[ -n "$KEY_SECRET" ]] || ((!PUBLIC)) || fail \
    "--public lets anybody on the internet run this function at your cost" \
    "add --api-keys FILE, or --no-api-keys if that is what you want"
}

run_with_api_keys() {
  announce "$@"
  ((DRY_RUN)) || printf '%s' "$API_KEYS" | "$@"
}

# What the secret holds now: nothing before its first version.
stored_api_keys() {
  local latest=(latest --secret="$NAME-api-keys" --project="$PROJECT")
  exists gcloud secrets versions describe "${latest[@]}" || return 0
  ask gcloud secrets versions access "${latest[@]}"
}

# The function's own account may read this one secret, and nothing else in the project.
share_api_keys() {
  [[ -n "$KEY_SECRET" ]] || return 0
  patiently run gcloud secrets add-iam-policy-binding "$KEY_SECRET" --project="$PROJECT" \
    --member="serviceAccount:$SERVICE_ACCOUNT" --role=roles/secretmanager.secretAccessor \
    --format=none
}
