# shellcheck shell=bash
# Validation of the flags, before gcloud is called. Sourced by deploy.sh.

check_values() {
  check_value --project "$PROJECT" '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' \
    "a project id: 6 to 30 lower-case letters, digits and hyphens (gcloud projects list)"
  # The name of the service account is made from it, and may have 30 characters.
  check_value --name "$NAME" '^[a-z][a-z0-9-]{0,24}[a-z0-9]$' \
    "2 to 26 lower-case letters, digits and hyphens, starting with a letter"
  check_value --region "$REGION" '^[a-z]+-[a-z]+[0-9]+$' "a region, such as us-central1"
  check_value --memory "$MEMORY" '^[1-9][0-9]{0,4}(Mi|Gi)$' "a size, such as 1Gi"
  # Below one CPU, Cloud Run allows one request at a time.
  check_value --cpu "$CPU" '^[12468]$' "1, 2, 4, 6 or 8"
  check_memory
  check_value --concurrency "$CONCURRENCY" '^([1-9][0-9]{0,2}|1000)$' "a number from 1 to 1000"
  check_value --min-instances "$MIN_INSTANCES" '^[0-9]{1,4}$' "a number from 0"
  check_value --max-instances "$MAX_INSTANCES" '^[1-9][0-9]{0,3}$' "a number from 1"
  check_value --timeout "$TIMEOUT" '^([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)$' \
    "seconds, from 1 to 3600"
  check_value --model "$MODEL" '^[A-Za-z0-9_-]+$' "the name of a folder in model/"
  [[ -f "$ROOT/model/$MODEL/model.json" ]] ||
    fail "--model '$MODEL' is not a folder in model/ with a model.json" \
      "choose one of: $(model_names)"
  check_value --load "$LOAD" '^[0-9]{1,12}$' "requests a month"
  check_value --canary "$CANARY" '^[0-9]{1,2}$' "a percentage from 1 to 99"
  ((MIN_INSTANCES <= MAX_INSTANCES)) ||
    fail "--min-instances $MIN_INSTANCES is more than --max-instances $MAX_INSTANCES" \
      "raise --max-instances"
}

check_value() {
  local flag=$1 value=$2 pattern=$3 expected=$4
  [[ -n "$value" ]] || fail "$flag is missing" "add $flag: $expected"
  [[ "$value" =~ $pattern ]] || fail "$flag '$value' is not valid" "use $expected"
}

model_names() {
  local card
  for card in "$ROOT"/model/*/model.json; do
    card=${card%/model.json}
    printf '%s ' "${card##*/}"
  done
}

# Cloud Run's limits: https://docs.cloud.google.com/run/docs/configuring/services/memory-limits
check_memory() {
  local mib=${MEMORY%?i} least=512 most
  [[ "$MEMORY" == *Mi ]] || mib=$((mib * 1024))
  case $CPU in
    1) most=4096 ;;
    2) most=8192 ;;
    4) least=2048 most=16384 ;;
    6) least=4096 most=24576 ;;
    8) least=4096 most=32768 ;;
  esac
  ((mib >= least && mib <= most)) ||
    fail "--memory $MEMORY does not fit --cpu $CPU" \
      "use ${least}Mi to ${most}Mi, or another number of CPUs"
}

check_settings() {
  local setting repeated
  for setting in "${SETTINGS[@]}"; do
    check_setting "$setting"
  done
  repeated=$(printf '%s\n' "${SETTINGS[@]%%=*}" | sort | uniq -d)
  [[ -z "$repeated" ]] || fail "$repeated is set twice" "remove one of them"
}

# service/settings.py defines the settings; a test compares the names.
check_setting() {
  local name=${1%%=*} value=${1#*=}
  [[ "$1" == *=* ]] || fail "--set '$1' has no value" "write --set NAME=VALUE"
  [[ "$value" != *"$SEPARATOR"* ]] || fail "$name contains '$SEPARATOR'" "remove it"
  case $name in
    NUM_THREADS | MAX_BODY_BYTES | MAX_PIXELS | MAX_IMAGES | MAX_WAITING)
      [[ "$value" =~ ^[1-9][0-9]{0,11}$ ]] ||
        fail "$name '$value' is not a positive number" "use digits only, without separators"
      ;;
    PRELOAD)
      [[ "$value" == true || "$value" == false ]] ||
        fail "PRELOAD '$value' is not valid" "use true or false"
      ;;
    CORS_ORIGINS)
      [[ "$value" =~ ^(\*|(https?://[^/,[:space:]]+(,https?://[^/,[:space:]]+)*)?)$ ]] ||
        fail "CORS_ORIGINS '$value' is not a list of origins" \
          "use *, nothing, or origins such as https://example.com,http://localhost:5173"
      ;;
    FIREBASE_PROJECT)
      [[ "$value" =~ ^[1-9][0-9]*$ ]] ||
        fail "FIREBASE_PROJECT '$value' is not the number of a project" \
          "gcloud projects describe $PROJECT --format='value(projectNumber)'"
      ;;
    FIREBASE_AUTH_PROJECT)
      [[ "$value" =~ ^[a-z][a-z0-9-]{4,28}[a-z0-9]$ ]] ||
        fail "FIREBASE_AUTH_PROJECT '$value' is not the ID of a project" \
          "use 6 to 30 lower-case letters, digits and hyphens (gcloud projects list)"
      ;;
    MODEL) fail "MODEL alone would not upload the model" "add --model $value" ;;
    API_KEYS)
      fail "API_KEYS would be readable in the function's description" \
        "put the keys in a file and add --api-keys FILE"
      ;;
    *) fail "there is no setting $name" "see the settings in README.md" ;;
  esac
  [[ "$name" != MAX_BODY_BYTES || "$value" -le $((32 * 1024 * 1024)) ]] ||
    fail "MAX_BODY_BYTES $value is more than the 32 MiB that Cloud Run allows" "lower it"
}
