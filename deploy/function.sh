# shellcheck shell=bash
# The function: service account, deployment, traffic, deletion. Sourced by deploy.sh.

# The tag of the latest revision, which has a URL of that name: https://TAG---HOST.
readonly CANDIDATE=candidate

# A service account without roles: an attacker who takes over the function gets no access to the
# project.
ensure_service_account() {
  exists gcloud iam service-accounts describe "$SERVICE_ACCOUNT" --project="$PROJECT" ||
    run gcloud iam service-accounts create "$NAME-run" --project="$PROJECT" \
      --display-name="Runs the function $NAME; has no roles"
}

# Deploy a revision. The serving one keeps the traffic, so that the new one can be tested first.
deploy_function() {
  PREVIOUS=''
  exists gcloud functions describe "$NAME" "${WHERE[@]}" && PREVIOUS=$(serving_revision)
  ((!DRY_RUN || !CANARY)) || PREVIOUS=serving-revision
  [[ -n "$PREVIOUS" ]] || ((!CANARY)) ||
    fail "--canary needs a serving revision" "deploy once without --canary"
  [[ -z "$PREVIOUS" ]] ||
    update_traffic --to-revisions="$PREVIOUS=100" --update-tags="$CANDIDATE=LATEST"
  URL=$(run "${GCLOUD_DEPLOY[@]}" --update-labels="app=$NAME${PREVIOUS:+,previous=$PREVIOUS}") ||
    fail "the deployment failed" \
      "read the error above and the log that it names, and docs/deploy.md#when-it-fails"
  ensure_cpu_boost
}

shift_traffic() {
  if ((CANARY)); then
    update_traffic --to-revisions="LATEST=$CANARY,$PREVIOUS=$((100 - CANARY))"
  elif [[ -n "$PREVIOUS" ]]; then
    update_traffic --to-latest
  fi
}

update_traffic() {
  run gcloud run services update-traffic "$NAME" "${WHERE[@]}" "$@"
}

# Set $GCLOUD_DEPLOY to the command that creates or updates the function, without the flags that
# depend on the serving revision. It prints the URL.
prepare_deployment() {
  local access=--no-allow-unauthenticated secrets=--clear-secrets settings
  ((!PUBLIC)) || access=--allow-unauthenticated
  # Instances read the latest version when they start, so that a rollback does not restore
  # revoked keys.
  [[ -z "$KEY_SECRET" ]] || secrets=--set-secrets=API_KEYS=$KEY_SECRET:latest
  # gcloud splits the settings at commas unless another separator is given.
  printf -v settings "%s$SEPARATOR" "${SETTINGS[@]}"
  GCLOUD_DEPLOY=(
    gcloud functions deploy "$NAME" "${WHERE[@]}"
    --gen2 --runtime="$RUNTIME" --source="$ROOT" --entry-point=classify --trigger-http
    --memory="$MEMORY" --cpu="$CPU" --concurrency="$CONCURRENCY" --timeout="${TIMEOUT}s"
    --min-instances="$MIN_INSTANCES" --max-instances="$MAX_INSTANCES"
    --service-account="$SERVICE_ACCOUNT" "$access" "$secrets"
    --set-env-vars="^$SEPARATOR^${settings%"$SEPARATOR"}"
    --format='value(serviceConfig.uri)'
  )
  if [[ "$MODEL" != "$DEFAULT_MODEL" ]]; then
    # Like .gcloudignore, with the chosen model in place of the default.
    sed "s|^!/model/$DEFAULT_MODEL\$|!/model/$MODEL|" "$ROOT/.gcloudignore" \
      >"$TEMPORARY/gcloudignore"
    GCLOUD_DEPLOY+=(--ignore-file="$TEMPORARY/gcloudignore")
  fi
}

# `gcloud functions deploy` has no flag for the boost. Where it is not on by default, it is set on
# the Cloud Run service.
ensure_cpu_boost() {
  local boost
  boost=$(query gcloud run services describe "$NAME" "${WHERE[@]}" \
    --format='value(spec.template.metadata.annotations["run.googleapis.com/startup-cpu-boost"])')
  [[ "$boost" == [Tt]rue ]] || run gcloud run services update "$NAME" "${WHERE[@]}" --cpu-boost
}

# The revision with most of the traffic.
serving_revision() {
  query gcloud run services describe "$NAME" "${WHERE[@]}" --flatten=status.traffic \
    --format='value(status.traffic.percent,status.traffic.revisionName)' |
    sort --numeric-sort --reverse | sed -n 1p | cut -f 2
}

roll_back() {
  local previous
  previous=$(query gcloud functions describe "$NAME" "${WHERE[@]}" \
    --format='value(labels.previous)')
  ((!DRY_RUN)) || previous=previous-revision
  [[ -n "$previous" ]] ||
    fail "$NAME has no previous revision" \
      "deploy the older source: git checkout COMMIT, then ./deploy.sh"
  update_traffic --to-revisions="$previous=100"
  ((DRY_RUN)) || say "All traffic goes to $previous. The next deployment takes it over."
}

delete_everything() {
  confirm "This deletes the function $NAME, its account, API keys and monitoring from $PROJECT"
  find_policies_command
  delete gcloud functions NAME "$NAME" "${WHERE[@]}"
  delete gcloud secrets NAME "$NAME-api-keys" --project="$PROJECT"
  delete gcloud iam service-accounts NAME "$SERVICE_ACCOUNT" --project="$PROJECT"
  delete_monitoring
  ((!DRY_RUN)) || return 0
  say "Deleted. What remains: the enabled APIs, the log entries until they expire, and the bucket"
  say "gcf-v2-sources-..., which all functions of the region share."
}

# delete COMMAND... NAME RESOURCE FLAG...: delete the resource if it exists.
delete() {
  local group=()
  while [[ "$1" != NAME ]]; do
    group+=("$1")
    shift
  done
  shift
  ! exists "${group[@]}" describe "$@" || run "${group[@]}" delete "$@"
}
