# shellcheck shell=bash
# API keys: from a file to Secret Manager. No command line, environment of a process on this
# machine, log or description of the function contains them. Sourced by deploy.sh.

# Read $API_KEYS_FILE into $API_KEYS, which is not exported, so that no other process has it.
read_api_keys() {
  [[ "$API_KEYS_FILE" == - || -r "$API_KEYS_FILE" ]] ||
    fail "the file of API keys '$API_KEYS_FILE' cannot be read" "check its name and permissions"
  local key source=$API_KEYS_FILE
  [[ "$source" != - ]] || source=/dev/stdin
  API_KEYS=''
  while IFS= read -r key || [[ -n "$key" ]]; do
    [[ -n "$key" ]] || continue
    # The message must not contain the key.
    [[ "$key" =~ ^[A-Za-z0-9._~-]{16,}$ ]] ||
      fail "an API key has fewer than 16 characters, or others than A-Z a-z 0-9 . _ ~ -" \
        "generate one: openssl rand -hex 32"
    API_KEYS+=${API_KEYS:+,}$key
  done < <(tr ',' '\n' <"$source")
  [[ -n "$API_KEYS" ]] || fail "'$API_KEYS_FILE' contains no API key" "openssl rand -hex 32"
}

# Set $KEY_SECRET to the name of the secret that holds the keys, or to nothing without keys.
resolve_api_keys() {
  KEY_SECRET=''
  ((NO_API_KEYS)) || find_or_store_api_keys
  [[ -n "$KEY_SECRET" ]] || require_api_keys
}

find_or_store_api_keys() {
  local secret=$NAME-api-keys known=0
  exists gcloud secrets describe "$secret" --project="$PROJECT" && known=1
  if [[ -z "$API_KEYS_FILE" ]]; then
    ((!known)) || KEY_SECRET=$secret
    return 0
  fi
  KEY_SECRET=$secret
  ((known)) || run gcloud secrets create "$secret" --project="$PROJECT" \
    --replication-policy=automatic --labels="app=$NAME"
  if [[ "$(stored_api_keys)" != "$API_KEYS" ]]; then
    run_with_api_keys gcloud secrets versions add "$secret" --project="$PROJECT" --data-file=-
  fi
}

# Without keys: fail if this deployment needs them.
require_api_keys() {
  [[ " ${SETTINGS[*]}" != *" FIREBASE_"* ]] || fail \
    "the check after the deployment has no Firebase token, so it needs an API key" \
    "add --api-keys FILE"
  ((!PUBLIC || NO_API_KEYS)) || fail \
    "--public lets anybody on the internet run this function at your cost" \
    "add --api-keys FILE, or --no-api-keys if that is intended"
}

run_with_api_keys() {
  print_command "$@"
  ((DRY_RUN)) || printf '%s' "$API_KEYS" | "$@"
}

# The keys in the latest version of the secret, or nothing if it has none.
stored_api_keys() {
  local latest=(latest --secret="$NAME-api-keys" --project="$PROJECT")
  exists gcloud secrets versions describe "${latest[@]}" || return 0
  query gcloud secrets versions access "${latest[@]}"
}

# Let the function's service account read this secret, and nothing else in the project.
grant_key_access() {
  [[ -n "$KEY_SECRET" ]] || return 0
  with_retries run gcloud secrets add-iam-policy-binding "$KEY_SECRET" --project="$PROJECT" \
    --member="serviceAccount:$SERVICE_ACCOUNT" --role=roles/secretmanager.secretAccessor \
    --format=none
}
