#!/usr/bin/env bash
# Takes a Google Cloud project from nothing to a working URL of the function, and proves it.
# `./deploy.sh --help` says how; docs/deploy.md says why.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly ROOT

usage() {
  cat <<'END'
Deploys the function, or updates it, and proves it by classifying a photo at its URL.

  ./deploy.sh --project my-project

Flags, each with the environment variable that stands in for it:
  --project ID         Google Cloud project                     DEPLOY_PROJECT, or gcloud's own
  --region REGION      where it runs                            DEPLOY_REGION, us-central1
  --name NAME          of the function                          DEPLOY_NAME, classify
  --memory SIZE        of an instance                           DEPLOY_MEMORY, 1Gi
  --cpu N              of an instance                           DEPLOY_CPU, 1
  --concurrency N      requests at once in an instance          DEPLOY_CONCURRENCY, 8
  --min-instances N    kept warm, at a cost                     DEPLOY_MIN_INSTANCES, 0
  --max-instances N    the most there can be, and so can cost   DEPLOY_MAX_INSTANCES, 10
  --timeout SECONDS    of a request                             DEPLOY_TIMEOUT, 60
  --model NAME         folder below model/ to upload            DEPLOY_MODEL, resnet50
  --set NAME=VALUE     a setting of the function, repeatable: see the settings in README.md

Who may call it: by default whoever has the role Cloud Run Invoker, and nobody else.
  --public             anybody on the internet may, at your cost; demands one of the next two
  --api-keys FILE      keys that callers must send in X-API-Key, one a line; - is stdin
  --no-api-keys        no keys are asked for, and those of an earlier run no more

  --with-monitoring    install the dashboard and the alerts too
  --notify CHANNEL     notification channel that the alerts tell
  --load N             requests a month to estimate the cost of DEPLOY_LOAD, 1000000
  --canary PERCENT     give the new revision this share of the traffic; the old one keeps the rest

Instead of deploying:
  --rollback           all traffic back to the revision before the last deployment
  --delete             remove all that this script makes
  --help               this

  --dry-run            print every command, as for a first deployment or a whole deletion,
                       and run none
  --yes                do not ask before --delete
END
}

# Google Cloud's newest Python that is generally available:
# https://docs.cloud.google.com/run/docs/runtimes/python
readonly RUNTIME=python314
readonly APIS=({cloudfunctions,run,cloudbuild,artifactregistry,secretmanager,iam,logging,monitoring}.googleapis.com)
# The function's own choice, and what .gcloudignore lets through.
readonly DEFAULT_MODEL=resnet50
# Between two settings; none of them can hold one.
readonly SEPARATOR='|'

# shellcheck source=deploy/commands.sh
source "$ROOT/deploy/commands.sh"
# shellcheck source=deploy/checks.sh
source "$ROOT/deploy/checks.sh"
# shellcheck source=deploy/keys.sh
source "$ROOT/deploy/keys.sh"
# shellcheck source=deploy/function.sh
source "$ROOT/deploy/function.sh"
# shellcheck source=deploy/proof.sh
source "$ROOT/deploy/proof.sh"
# shellcheck source=deploy/cost.sh
source "$ROOT/deploy/cost.sh"
# shellcheck source=deploy/monitoring.sh
source "$ROOT/deploy/monitoring.sh"

read_flags() {
  PROJECT=${DEPLOY_PROJECT:-} REGION=${DEPLOY_REGION:-us-central1} NAME=${DEPLOY_NAME:-classify}
  MEMORY=${DEPLOY_MEMORY:-1Gi} CPU=${DEPLOY_CPU:-1} CONCURRENCY=${DEPLOY_CONCURRENCY:-8}
  MIN_INSTANCES=${DEPLOY_MIN_INSTANCES:-0} MAX_INSTANCES=${DEPLOY_MAX_INSTANCES:-10}
  TIMEOUT=${DEPLOY_TIMEOUT:-60} LOAD=${DEPLOY_LOAD:-1000000}
  MODEL=${DEPLOY_MODEL:-resnet50}
  API_KEYS_FILE='' NO_API_KEYS=0 PUBLIC=0 WITH_MONITORING=0 NOTIFY='' CANARY=0
  ACTION=deploy DRY_RUN=0 YES=0
  # The boost of a starting CPU is spent on loading the model, not wasted.
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
      --help) usage && exit ;;
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

# The defaults are the first settings.
read_setting() {
  case $1 in
    PRELOAD=*) SETTINGS[0]=$1 ;;
    *) SETTINGS+=("$1") ;;
  esac
}

# What the flags leave open, and whether what they say can be.
settle() {
  check_tools
  [[ -n "$PROJECT" ]] || ((DRY_RUN)) || PROJECT=$(gcloud config get-value project)
  check_values
  local setting
  for setting in "${SETTINGS[@]}"; do
    check_setting "$setting"
  done
  local twice
  twice=$(printf '%s\n' "${SETTINGS[@]%%=*}" | sort | uniq -d)
  [[ -z "$twice" ]] || fail "$twice is set twice" "leave one of them out"
  # A starting instance is lent more CPUs than it keeps, and would start a thread for each.
  [[ " ${SETTINGS[*]}" == *" NUM_THREADS="* ]] || SETTINGS+=("NUM_THREADS=$CPU")
  [[ "$MODEL" == "$DEFAULT_MODEL" ]] || SETTINGS+=("MODEL=$MODEL")
  SETTINGS+=("THREADS=$CONCURRENCY") # as many as requests that may come at once
  readonly WHERE=(--project="$PROJECT" --region="$REGION")
  readonly SERVICE_ACCOUNT=$NAME-run@$PROJECT.iam.gserviceaccount.com
}

deploy() {
  [[ -z "$API_KEYS_FILE" ]] || read_api_keys
  check_model
  check_account
  check_project
  check_apis
  check_region
  check_monitoring
  settle_api_keys
  ensure_service_account
  share_api_keys
  print_upload
  prepare_deployment
  deploy_function
  URL=$(function_url)
  prove "${URL:-https://$NAME-$PROJECT.example}"
  ((!WITH_MONITORING)) || install_monitoring
  print_next_steps
}

print_next_steps() {
  local console="https://console.cloud.google.com" where="${WHERE[*]}"
  cat <<END

URL:    ${URL:-printed here after a real run}
Logs:   $console/run/detail/$REGION/$NAME/logs?project=$PROJECT
Cost:   about \$$(monthly_cost "$LOAD") for $LOAD requests a month (deploy/cost.sh)

Model:  $MODEL, $(terms_of_model)

Next:
  let somebody call it   gcloud functions add-invoker-policy-binding $NAME $where --member=user:EMAIL
  undo this deployment   ./deploy.sh --project $PROJECT --region $REGION --name $NAME --rollback
  end a canary           gcloud run services update-traffic $NAME $where --to-latest
  remove everything      ./deploy.sh --project $PROJECT --region $REGION --name $NAME --delete
END
}

interrupted() {
  printf '\ndeploy.sh: interrupted. Run the same command again: what is done is not done twice.\n' >&2
  exit 130
}

main() {
  # gcloud's own questions would wait for an answer where nobody is.
  export CLOUDSDK_CORE_DISABLE_PROMPTS=1
  DEPLOY_PAUSE=${DEPLOY_PAUSE:-5}
  trap interrupted INT TERM
  TEMPORARY=$(mktemp -d)
  trap 'rm -rf "$TEMPORARY"' EXIT
  exec 3>&1
  read_flags "$@"
  settle
  case $ACTION in
    deploy) deploy ;;
    rollback) roll_back ;;
    delete) delete_everything ;;
  esac
}

main "$@"
