#!/usr/bin/env bash
# Deploy the function to Google Cloud and check it by classifying a photo at its URL.
# `./deploy.sh --help` lists the flags; docs/deploy.md explains them.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly ROOT

usage() {
  cat <<'END'
Deploy or update the function, and check it by classifying a photo at its URL.

  ./deploy.sh --project my-project

Flags, and the environment variables that set them:
  --project ID         Google Cloud project                     DEPLOY_PROJECT, or gcloud's own
  --region REGION      region to run in                         DEPLOY_REGION, us-central1
  --name NAME          name of the function                     DEPLOY_NAME, classify
  --memory SIZE        memory of an instance                    DEPLOY_MEMORY, 1280Mi
  --cpu N              CPUs of an instance: 1, 2, 4, 6 or 8     DEPLOY_CPU, 1
  --concurrency N      concurrent requests in an instance       DEPLOY_CONCURRENCY, 32
  --min-instances N    instances kept warm, at a cost           DEPLOY_MIN_INSTANCES, 0
  --max-instances N    limit of instances, and so of the cost   DEPLOY_MAX_INSTANCES, 10
  --timeout SECONDS    limit of a request, at most 3600         DEPLOY_TIMEOUT, 60
  --model NAME         folder in model/ to upload               DEPLOY_MODEL, resnet50
  --set NAME=VALUE     a setting of the function, repeatable: see the settings in README.md

Access: by default, callers need the role Cloud Run Invoker.
  --public             let anybody on the internet call it at your cost; requires one of the next two
  --api-keys FILE      require one of these keys in X-API-Key; one key a line, - is stdin
  --no-api-keys        require no key, and remove the keys of earlier deployments

  --with-monitoring    also install the dashboard and the alerts
  --notify CHANNEL     notification channel of the alerts
  --load N             requests a month, for the cost estimate  DEPLOY_LOAD, 1000000
  --canary PERCENT     send this share of the traffic to the new revision, the rest to the old one

Other actions:
  --rollback           send all traffic to the revision before the last deployment
  --delete             delete everything that this script created
  -h, --help           print this help

  --dry-run            print the commands of a first deployment, or of a full deletion, without
                       running them
  --yes                do not ask before --delete
END
}

# The newest generally available Python: https://docs.cloud.google.com/run/docs/runtimes/python
readonly RUNTIME=python314
# The default of MODEL in service/settings.py, and in .gcloudignore; a test compares them.
readonly DEFAULT_MODEL=resnet50
# gcloud asks for the billing account and the project's number through the first two.
readonly APIS=({cloudbilling,cloudresourcemanager,cloudfunctions,run,cloudbuild,artifactregistry,secretmanager,iam,logging,monitoring}.googleapis.com)
# Separates the settings for gcloud; check_setting refuses values that contain it.
readonly SEPARATOR='|'

# shellcheck source=deploy/commands.sh
source "$ROOT/deploy/commands.sh"
# shellcheck source=deploy/options.sh
source "$ROOT/deploy/options.sh"
# shellcheck source=deploy/checks.sh
source "$ROOT/deploy/checks.sh"
# shellcheck source=deploy/keys.sh
source "$ROOT/deploy/keys.sh"
# shellcheck source=deploy/function.sh
source "$ROOT/deploy/function.sh"
# shellcheck source=deploy/smoke_test.sh
source "$ROOT/deploy/smoke_test.sh"
# shellcheck source=deploy/cost.sh
source "$ROOT/deploy/cost.sh"
# shellcheck source=deploy/monitoring.sh
source "$ROOT/deploy/monitoring.sh"

read_flags() {
  PROJECT=${DEPLOY_PROJECT:-} REGION=${DEPLOY_REGION:-us-central1} NAME=${DEPLOY_NAME:-classify}
  MEMORY=${DEPLOY_MEMORY:-1280Mi} CPU=${DEPLOY_CPU:-1} CONCURRENCY=${DEPLOY_CONCURRENCY:-32}
  MIN_INSTANCES=${DEPLOY_MIN_INSTANCES:-0} MAX_INSTANCES=${DEPLOY_MAX_INSTANCES:-10}
  TIMEOUT=${DEPLOY_TIMEOUT:-60} LOAD=${DEPLOY_LOAD:-1000000}
  MODEL=${DEPLOY_MODEL:-resnet50}
  API_KEYS_FILE='' NO_API_KEYS=0 PUBLIC=0 WITH_MONITORING=0 NOTIFY='' CANARY=0
  ACTION=deploy DRY_RUN=0 YES=0
  # Loads the model during the startup CPU boost.
  SETTINGS=(PRELOAD=true)
  while (($#)); do
    case $1 in
      --*=*)
        set -- "${1%%=*}" "${1#*=}" "${@:2}"
        continue
        ;;
      --public) PUBLIC=1 ;;
      --no-api-keys) NO_API_KEYS=1 ;;
      --with-monitoring) WITH_MONITORING=1 ;;
      --rollback) ACTION=rollback ;;
      --delete) ACTION=delete ;;
      --dry-run) DRY_RUN=1 ;;
      --yes) YES=1 ;;
      -h | --help) usage && exit ;;
      *)
        read_value "$@"
        shift
        ;;
    esac
    shift
  done
}

read_value() {
  local value=${2-}
  case $1 in
    --project) PROJECT=$value ;;
    --region) REGION=$value ;;
    --name) NAME=$value ;;
    --memory) MEMORY=$value ;;
    --cpu) CPU=$value ;;
    --concurrency) CONCURRENCY=$value ;;
    --min-instances) MIN_INSTANCES=$value ;;
    --max-instances) MAX_INSTANCES=$value ;;
    --timeout) TIMEOUT=$value ;;
    --model) MODEL=$value ;;
    --set) read_setting "$value" ;;
    --api-keys) API_KEYS_FILE=$value ;;
    --notify) NOTIFY=$value ;;
    --load) LOAD=$value ;;
    --canary) CANARY=$value ;;
    *) fail "there is no flag '$1'" "./deploy.sh --help" ;;
  esac
  (($# > 1)) || fail "$1 needs a value" "./deploy.sh --help"
}

# The first setting is the default of PRELOAD.
read_setting() {
  case $1 in
    PRELOAD=*) SETTINGS[0]=$1 ;;
    *) SETTINGS+=("$1") ;;
  esac
}

resolve_options() {
  check_tools
  [[ -n "$PROJECT" ]] || ((DRY_RUN)) || PROJECT=$(gcloud config get-value project)
  check_values
  check_settings
  # During the startup boost an instance has more CPUs than later, and would start a thread for
  # each.
  [[ " ${SETTINGS[*]}" == *" NUM_THREADS="* ]] || SETTINGS+=("NUM_THREADS=$CPU")
  [[ "$MODEL" == "$DEFAULT_MODEL" ]] || SETTINGS+=("MODEL=$MODEL")
  SETTINGS+=("THREADS=$CONCURRENCY")
  readonly WHERE=(--project="$PROJECT" --region="$REGION")
  readonly SERVICE_ACCOUNT=$NAME-run@$PROJECT.iam.gserviceaccount.com
}

deploy() {
  [[ -z "$API_KEYS_FILE" ]] || read_api_keys
  ((!WITH_MONITORING)) || find_policies_command
  read_model_card
  check_account
  enable_apis
  check_region
  resolve_api_keys
  ensure_service_account
  grant_key_access
  prepare_deployment
  deploy_function
  smoke_test "${URL:-https://$NAME-$PROJECT.example}"
  shift_traffic
  ((!WITH_MONITORING)) || install_monitoring
  print_next_steps
}

print_next_steps() {
  local console="https://console.cloud.google.com" where="${WHERE[*]}"
  local script="./deploy.sh --project $PROJECT --region $REGION --name $NAME"
  cat <<END

URL:    ${URL:-printed here after a real run}
Logs:   $console/run/detail/$REGION/$NAME/logs?project=$PROJECT
Cost:   about \$$(monthly_cost "$LOAD") for $LOAD requests a month (deploy/cost.sh)
END
  [[ -z "$NON_COMMERCIAL_LICENCE" ]] ||
    printf '\nThe licence of the model %s, %s, forbids commercial use: see docs/deploy.md.\n' \
      "$MODEL_NAME" "$NON_COMMERCIAL_LICENCE"
  printf '\nNext:\n'
  print_step "let somebody call it" \
    "gcloud functions add-invoker-policy-binding $NAME $where --member=user:EMAIL"
  # After a first deployment, there is no revision to go back to.
  [[ -z "$PREVIOUS" ]] || print_step "undo this deployment" "$script --rollback"
  ((!CANARY)) ||
    print_step "end the canary" "gcloud run services update-traffic $NAME $where --to-latest"
  print_step "delete everything" "$script --delete"
}

print_step() {
  printf '  %-22s %s\n' "$1" "$2"
}

interrupted() {
  printf '\ndeploy.sh: interrupted. Run the same command again: it skips the steps already done.\n' >&2
  exit 130
}

main() {
  # gcloud must not wait for answers: its questions go to a log, or to nobody.
  export CLOUDSDK_CORE_DISABLE_PROMPTS=1
  DEPLOY_PAUSE=${DEPLOY_PAUSE:-5}
  trap interrupted INT TERM
  TEMPORARY=$(mktemp -d)
  trap 'rm -rf "$TEMPORARY"' EXIT
  exec 3>&1
  read_flags "$@"
  resolve_options
  case $ACTION in
    deploy) deploy ;;
    rollback) roll_back ;;
    delete) delete_everything ;;
  esac
}

main "$@"
