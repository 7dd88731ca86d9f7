# shellcheck shell=bash
# What must be true before anything is changed. Sourced by deploy.sh.

# What is written in the flags; needs neither gcloud nor the network.
check_values() {
  check_value --project "$PROJECT" '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' \
    "a project id: 6 to 30 lower-case letters, digits and hyphens (gcloud projects list)"
  # A service account is named after the function and takes 30 characters at most.
  check_value --name "$NAME" '^[a-z][a-z0-9-]{0,24}[a-z0-9]$' \
    "2 to 26 lower-case letters, digits and hyphens, a letter first"
  check_value --region "$REGION" '^[a-z]+-[a-z]+[0-9]+$' "a region, such as us-central1"
  check_value --memory "$MEMORY" '^[1-9][0-9]*(Mi|Gi)$' "a size, such as 1Gi"
  check_value --cpu "$CPU" '^[1-8]$' "whole CPUs; below one, instances take one request at a time"
  check_value --concurrency "$CONCURRENCY" '^[1-9][0-9]{0,2}$' "1 to 999"
  check_value --min-instances "$MIN_INSTANCES" '^[0-9]{1,4}$' "0 or more"
  check_value --max-instances "$MAX_INSTANCES" '^[1-9][0-9]{0,3}$' "1 or more"
  check_value --timeout "$TIMEOUT" '^[1-9][0-9]{0,3}$' "seconds, 1 to 3600"
  check_value --model "$MODEL" '^[A-Za-z0-9_-]+$' "the name of a folder below model/"
  [[ -f "$ROOT/model/$MODEL/model.json" ]] ||
    fail "--model '$MODEL' is no folder below model/ that holds a model.json" \
      "choose one of: $(models)"
  check_value --load "$LOAD" '^[0-9]{1,12}$' "requests a month"
  check_value --canary "$CANARY" '^[0-9]{1,2}$' "a percentage, 1 to 99"
  ((MIN_INSTANCES <= MAX_INSTANCES)) ||
    fail "--min-instances $MIN_INSTANCES is more than --max-instances $MAX_INSTANCES" \
      "raise --max-instances"
}

check_value() {
  local flag=$1 value=$2 pattern=$3 what=$4
  [[ -n "$value" ]] || fail "$flag is missing" "add $flag: $what"
  [[ "$value" =~ $pattern ]] || fail "$flag '$value' will not do" "give $what"
}

# The same settings as service/settings.py has; a test holds the two together.
check_setting() {
  local name=${1%%=*} value=${1#*=}
  [[ "$1" == *=* ]] || fail "--set '$1' has no value" "write --set NAME=VALUE"
  [[ "$value" != *"$SEPARATOR"* ]] || fail "$name holds a '$SEPARATOR'" "leave it out"
  case $name in
    NUM_THREADS | MAX_BODY_BYTES | MAX_PIXELS | MAX_IMAGES | MAX_WAITING)
      [[ "$value" =~ ^[1-9][0-9]{0,11}$ ]] ||
        fail "$name '$value' is no positive number" "write digits only, without separators"
      ;;
    PRELOAD)
      [[ "$value" == true || "$value" == false ]] ||
        fail "PRELOAD '$value' is neither true nor false" "write one of them"
      ;;
    CORS_ORIGINS)
      [[ "$value" =~ ^(\*|(https?://[^/,[:space:]]+(,https?://[^/,[:space:]]+)*)?)$ ]] ||
        fail "CORS_ORIGINS '$value' is no list of origins" \
          "write *, nothing, or origins such as https://example.com,http://localhost:5173"
      ;;
    MODEL)
      fail "MODEL alone would not upload the model" "add --model $value"
      ;;
    API_KEYS)
      fail "API_KEYS would be readable in the function's description" \
        "put the keys in a file and add --api-keys FILE"
      ;;
    *) fail "there is no setting $name" "see the settings in README.md" ;;
  esac
  # Cloud Run turns larger requests away before they reach the function.
  [[ "$name" != MAX_BODY_BYTES || "$value" -le $((32 * 1024 * 1024)) ]] ||
    fail "MAX_BODY_BYTES $value is over the 32 MiB that Cloud Run lets through" "lower it"
}

check_tools() {
  ((DRY_RUN)) && return 0
  local tool
  for tool in gcloud curl; do
    command -v "$tool" >/dev/null && continue
    [[ "$tool" == curl ]] && fail "curl is not installed" "install the package curl"
    fail "gcloud is not installed" "https://cloud.google.com/sdk/docs/install"
  done
}

# A model that was damaged on its way here would be refused in the cloud, minutes later.
check_model() {
  local folder=$ROOT/model/$MODEL file expected
  file=$folder/$(top_level_value file "$folder/model.json")
  expected=$(top_level_value sha256 "$folder/model.json" | tr '[:upper:]' '[:lower:]')
  [[ -f "$file" ]] ||
    fail "the model $file is missing" "git checkout -- '$file'"
  [[ "$(sha256 "$file")" == "$expected" ]] ||
    fail "the model $file is damaged: its sha256 is not the card's" "git checkout -- '$file'"
}

models() {
  local card
  for card in "$ROOT"/model/*/model.json; do
    basename "$(dirname "$card")"
  done | paste -s -d ' ' -
}

terms_of_model() {
  if grep --quiet '"commercial_use": true' "$ROOT/model/$MODEL/model.json"; then
    printf 'whose licence allows commercial use'
  else
    printf 'for non-commercial use only: see docs/deploy.md'
  fi
}

# A string of a model.json that is not nested in another object.
top_level_value() {
  sed -n "s/^  \"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$2"
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1"
  else
    shasum --algorithm 256 "$1" # macOS
  fi | cut -d ' ' -f 1
}

check_account() {
  ACCOUNT=$(ask gcloud auth list --filter=status:ACTIVE --format='value(account)')
  ((DRY_RUN)) || [[ -n "$ACCOUNT" ]] || fail "gcloud is not logged in" "gcloud auth login"
}

check_project() {
  ask gcloud projects describe "$PROJECT" --format='value(projectId)' >/dev/null ||
    fail "the project $PROJECT is not there for ${ACCOUNT}" \
      "choose one of: gcloud projects list, or make it: gcloud projects create $PROJECT"
  local billing
  billing=$(ask gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)')
  ((DRY_RUN)) || [[ "$billing" == True ]] ||
    fail "the project $PROJECT has no billing account" \
      "gcloud billing projects link $PROJECT --billing-account=ID (gcloud billing accounts list)"
}

# Switching an API on takes up to a minute, so it is not done when it was done before.
check_apis() {
  local api enabled missing=''
  enabled=$(ask gcloud services list --enabled --project="$PROJECT" --format='value(config.name)')
  for api in "${APIS[@]}"; do
    grep --quiet --fixed-strings --line-regexp "$api" <<<"$enabled" || missing+=" $api"
  done
  [[ -n "$missing" ]] || return 0
  # shellcheck disable=SC2086 # names of APIs, one word each
  run gcloud services enable $missing --project="$PROJECT" ||
    fail "the APIs cannot be switched on" \
      "ask an owner of $PROJECT to run: gcloud services enable$missing --project=$PROJECT"
}

# Alert policies came to gcloud's stable commands in 2025.
check_monitoring() {
  ((!WITH_MONITORING)) || ask gcloud monitoring policies --help >/dev/null 2>&1 ||
    fail "this gcloud cannot install alerts yet" "gcloud components update"
}

check_region() {
  local regions
  regions=$(ask gcloud run regions list --project="$PROJECT" --format='value(locationId)')
  ((DRY_RUN)) || grep --quiet --line-regexp "$REGION" <<<"$regions" ||
    fail "there is no region $REGION for functions" \
      "choose one of: gcloud run regions list --project=$PROJECT"
}
