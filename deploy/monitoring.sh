# shellcheck shell=bash
# The dashboard, its metric and the alerts of deploy/monitoring/. Sourced by deploy.sh.

install_monitoring() {
  local folder=$TEMPORARY
  render_monitoring "$folder"
  install_metric "$folder/errors-metric.json"
  install_dashboard "$folder/dashboard.json"
  install_alert errors "$folder/alert-errors.json"
  install_alert latency "$folder/alert-latency.json"
  install_alert instances "$folder/alert-instances.json"
}

# Replace the placeholders. Alerts compare with "greater than" only, so the threshold for all
# instances is half an instance less. It is a number, so it loses the quotes of its placeholder.
render_monitoring() {
  local file
  for file in "$ROOT"/deploy/monitoring/*.json; do
    sed -e "s/@NAME@/$NAME/g" -e "s/@PROJECT@/$PROJECT/g" -e "s/@REGION@/$REGION/g" \
      -e "s/@MAX_INSTANCES@/$MAX_INSTANCES/g" \
      -e "s/\"@ALMOST_MAX_INSTANCES@\"/$((MAX_INSTANCES - 1)).5/" "$file" >"$1/${file##*/}"
  done
}

install_metric() {
  local verb=create
  ! exists gcloud logging metrics describe "$NAME-errors" --project="$PROJECT" || verb=update
  run gcloud logging metrics "$verb" "$NAME-errors" --project="$PROJECT" --config-from-file="$1"
}

# Replace the dashboard: an update would need its etag.
install_dashboard() {
  delete gcloud monitoring dashboards NAME "$NAME" --project="$PROJECT"
  run gcloud monitoring dashboards create --project="$PROJECT" --config-from-file="$1"
}

# Keep an existing alert, because its thresholds and channels may have been tuned.
install_alert() {
  [[ -z "$(alert_policy "$1")" ]] || return 0
  local command=("${POLICIES[@]}" create --project="$PROJECT" --policy-from-file="$2")
  [[ -z "$NOTIFY" ]] || command+=(--notification-channels="$NOTIFY")
  # The new metric takes a while to become visible.
  with_retries run "${command[@]}"
}

# Set $POLICIES to the command for alert policies: stable since 2025, before that in the alpha
# component.
find_policies_command() {
  POLICIES=(gcloud monitoring policies)
  ((!DRY_RUN)) || return 0
  "${POLICIES[@]}" --help >/dev/null 2>&1 && return
  POLICIES=(gcloud alpha monitoring policies)
  "${POLICIES[@]}" --help >/dev/null 2>&1 ||
    fail "this gcloud cannot manage alerts" "gcloud components update, or install alpha"
}

alert_policy() {
  query "${POLICIES[@]}" list --project="$PROJECT" \
    --filter="displayName=\"$NAME: $1\"" --format='value(name)'
}

delete_monitoring() {
  local kind policy
  for kind in errors latency instances; do
    policy=$(alert_policy "$kind")
    ((!DRY_RUN)) || policy=policy-$kind
    [[ -z "$policy" ]] || run "${POLICIES[@]}" delete "$policy" --project="$PROJECT"
  done
  delete gcloud monitoring dashboards NAME "$NAME" --project="$PROJECT"
  delete gcloud logging metrics NAME "$NAME-errors" --project="$PROJECT"
}
