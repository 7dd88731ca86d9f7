# shellcheck shell=bash
# The function itself: its account, its deployment, its traffic, its end. Sourced by deploy.sh.

# An account without roles: whoever takes the function over can do nothing with the project.
ensure_service_account() {
  exists gcloud iam service-accounts describe "$SERVICE_ACCOUNT" --project="$PROJECT" ||
    run gcloud iam service-accounts create "$NAME-run" --project="$PROJECT" \
      --display-name="Runs the function $NAME; has no roles"
}

print_upload() {
  say "Upload, by .gcloudignore:"
  local file files
  files=$(ask gcloud meta list-files-for-upload "$ROOT")
  ((!DRY_RUN)) || return 0
  if [[ "$MODEL" != "$DEFAULT_MODEL" ]]; then
    files=$(grep --invert-match "^model/$DEFAULT_MODEL/" <<<"$files")
    files+=$'\n'$(cd "$ROOT" && find "model/$MODEL" -type f)
  fi
  while IFS= read -r file; do
    wc -c <"$ROOT/$file"
  done <<<"$files" | awk '{bytes += $1} END {printf "  %d files, %.1f MB\n", NR, bytes / 1e6}'
}

deploy_function() {
  local previous=''
  exists gcloud functions describe "$NAME" "${WHERE[@]}" && previous=$(serving_revision)
  if ((CANARY)); then
    ((!DRY_RUN)) || previous=serving-revision
    [[ -n "$previous" ]] ||
      fail "--canary needs a revision to compare with" "deploy once without --canary"
    split_traffic "$previous=100"
  else
    # After a rollback or a canary, traffic would stay where it was put.
    GCLOUD_DEPLOY+=(--serve-all-traffic-latest-revision)
  fi
  run "${GCLOUD_DEPLOY[@]}" --update-labels="app=$NAME${previous:+,previous=$previous}" ||
    fail "the deployment failed" \
      "read the log of the build that gcloud names above, and docs/deploy.md#when-it-fails"
  ensure_cpu_boost
  ((!CANARY)) || split_traffic "LATEST=$CANARY,$previous=$((100 - CANARY))"
}

split_traffic() {
  run gcloud run services update-traffic "$NAME" "${WHERE[@]}" --to-revisions="$1"
}

# The command that makes or updates the function, but for what depends on what serves now.
prepare_deployment() {
  local access=--no-allow-unauthenticated secrets=--clear-secrets settings
  ((!PUBLIC)) || access=--allow-unauthenticated
  # Instances read the newest version as they start: a revision that is rolled back to must
  # not bring revoked keys back with it.
  [[ -z "$KEY_SECRET" ]] || secrets=--set-secrets=API_KEYS=$KEY_SECRET:latest
  # Settings hold commas, which gcloud would take for the end of one.
  printf -v settings "%s$SEPARATOR" "${SETTINGS[@]}"
  GCLOUD_DEPLOY=(
    gcloud functions deploy "$NAME" "${WHERE[@]}"
    --gen2 --runtime="$RUNTIME" --source="$ROOT" --entry-point=classify --trigger-http
    --memory="$MEMORY" --cpu="$CPU" --concurrency="$CONCURRENCY" --timeout="${TIMEOUT}s"
    --min-instances="$MIN_INSTANCES" --max-instances="$MAX_INSTANCES"
    --service-account="$SERVICE_ACCOUNT" "$access" "$secrets"
    --set-env-vars="^$SEPARATOR^${settings%"$SEPARATOR"}"
  )
  if [[ "$MODEL" != "$DEFAULT_MODEL" ]]; then
    write_ignore_file
    GCLOUD_DEPLOY+=(--ignore-file="$IGNORE_FILE")
  fi
}

# Like .gcloudignore, with the chosen model in place of the default.
write_ignore_file() {
  IGNORE_FILE=$TEMPORARY/gcloudignore
  sed "s|^!/model/$DEFAULT_MODEL/|!/model/$MODEL/|" "$ROOT/.gcloudignore" >"$IGNORE_FILE"
}

# `gcloud functions deploy` has no flag for it; where the platform has not switched it on by
# itself, the service below the function is asked to.
ensure_cpu_boost() {
  local boost
  boost=$(ask gcloud run services describe "$NAME" "${WHERE[@]}" \
    --format='value(spec.template.metadata.annotations["run.googleapis.com/startup-cpu-boost"])')
  [[ "$boost" == [Tt]rue ]] || run gcloud run services update "$NAME" "${WHERE[@]}" --cpu-boost
}

# The revision that most requests go to.
serving_revision() {
  ask gcloud run services describe "$NAME" "${WHERE[@]}" --flatten=status.traffic \
    --format='value(status.traffic.percent,status.traffic.revisionName)' |
    sort --numeric-sort --reverse | sed -n 1p | cut -f 2
}

function_url() {
  ask gcloud functions describe "$NAME" "${WHERE[@]}" --format='value(serviceConfig.uri)'
}

roll_back() {
  local previous
  previous=$(ask gcloud functions describe "$NAME" "${WHERE[@]}" \
    --format='value(labels.previous)')
  ((!DRY_RUN)) || previous=previous-revision
  [[ -n "$previous" ]] ||
    fail "$NAME has no previous revision" "deploy the older source: git checkout COMMIT, ./deploy.sh"
  split_traffic "$previous=100"
  ((DRY_RUN)) || say "All traffic goes to $previous. The next ./deploy.sh moves it to what it deploys."
}

delete_everything() {
  confirm "This removes the function $NAME, its account, its API keys and its monitoring from $PROJECT"
  delete gcloud functions NAME "$NAME" "${WHERE[@]}"
  delete gcloud secrets NAME "$NAME-api-keys" --project="$PROJECT"
  delete gcloud iam service-accounts NAME "$SERVICE_ACCOUNT" --project="$PROJECT"
  delete_monitoring
  ((!DRY_RUN)) || return 0
  say "Removed. Left: the APIs that were switched on, the log entries until they expire, and"
  say "the bucket gcf-v2-sources-... that all functions of the region share."
}

# delete COMMAND... NAME THING FLAG...: describes the thing and, if it is there, deletes it.
delete() {
  local group=()
  while [[ "$1" != NAME ]]; do
    group+=("$1")
    shift
  done
  shift
  ! exists "${group[@]}" describe "$@" || run "${group[@]}" delete "$@"
}
