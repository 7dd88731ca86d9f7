# shellcheck shell=bash
# Checks of this machine and of the project, before the deployment. Sourced by deploy.sh.

check_tools() {
  ((DRY_RUN)) && return 0
  command -v curl >/dev/null || fail "curl is not installed" "install the package curl"
  command -v gcloud >/dev/null ||
    fail "gcloud is not installed" "https://cloud.google.com/sdk/docs/install"
}

# Check the model and read what the smoke test needs from its card, with the Python that gcloud
# runs on. A dry run has no gcloud.
read_model_card() {
  local folder=$ROOT/model/$MODEL python facts
  MODEL_NAME='' NON_COMMERCIAL_LICENCE='' PHOTO='' EXPECTED_LABEL=''
  python=$(query gcloud info --format='value(basic.python_location)')
  ((!DRY_RUN)) || return 0
  facts=$("$python" "$ROOT/deploy/read_card.py" "$folder" 2>&1) ||
    fail "$facts" "restore it: git checkout -- '$folder'"
  {
    IFS= read -r NON_COMMERCIAL_LICENCE
    IFS= read -r EXPECTED_LABEL
    IFS= read -r PHOTO
    IFS= read -r MODEL_NAME
  } <<<"$facts"
}

check_account() {
  ACCOUNT=$(query gcloud auth list --filter=status:ACTIVE --format='value(account)')
  ((DRY_RUN)) || [[ -n "$ACCOUNT" ]] || fail "gcloud is not logged in" "gcloud auth login"
}

# The API of the billing account may have to be enabled before it is asked, and the other APIs
# cannot be enabled without a billing account. Enabling takes up to a minute, so only what is
# missing is enabled.
enable_apis() {
  local enabled
  enabled=$(query gcloud services list --enabled --project="$PROJECT" \
    --format='value(config.name)') ||
    fail "$ACCOUNT cannot see the project $PROJECT" \
      "choose one of: gcloud projects list, or create it: gcloud projects create $PROJECT"
  enable_missing "$enabled" "${APIS[@]:0:2}"
  check_billing
  enable_missing "$enabled" "${APIS[@]:2}"
}

# enable_missing ENABLED API...
enable_missing() {
  local api missing=()
  for api in "${@:2}"; do
    grep --quiet --fixed-strings --line-regexp "$api" <<<"$1" || missing+=("$api")
  done
  ((${#missing[@]})) || return 0
  run gcloud services enable "${missing[@]}" --project="$PROJECT" ||
    fail "the APIs cannot be enabled" \
      "ask an owner of $PROJECT to run: gcloud services enable ${missing[*]} --project=$PROJECT"
}

check_billing() {
  local billing
  billing=$(query gcloud billing projects describe "$PROJECT" \
    --format='value(billingEnabled)')
  ((DRY_RUN)) || [[ "$billing" == True ]] ||
    fail "the project $PROJECT has no billing account" \
      "gcloud billing projects link $PROJECT --billing-account=ID (gcloud billing accounts list)"
}

check_region() {
  local regions
  regions=$(query gcloud run regions list --project="$PROJECT" --format='value(locationId)')
  ((DRY_RUN)) || grep --quiet --line-regexp "$REGION" <<<"$regions" ||
    fail "there is no region $REGION" \
      "choose one of: gcloud run regions list --project=$PROJECT"
}
