# shellcheck shell=bash
# A dashboard, the metric behind it, and alerts, from the files in deploy/monitoring/. Sourced
# by deploy.sh.

install_monitoring() {
  local folder=$TEMPORARY
  render_monitoring "$folder"
  install_metric "$folder/errors-metric.json"
  install_dashboard "$folder/dashboard.json"
  install_alert errors "$folder/alert-errors.json"
  install_alert latency "$folder/alert-latency.json"
  install_alert instances "$folder/alert-instances.json"
}

# The files name the function by placeholders. An alert can ask for more than a number, not for
# as many: so the number is a half less, and loses the quotes that make its file JSON.
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

# An update would need the etag of the one that is there; it has nothing else to keep.
install_dashboard() {
  delete gcloud monitoring dashboards NAME "$NAME" --project="$PROJECT"
  run gcloud monitoring dashboards create --project="$PROJECT" --config-from-file="$1"
}

# One that is there already stays: its thresholds and its channels may have been tuned.
install_alert() {
  [[ -z "$(alert_policy "$1")" ]] || return 0
  local command=(gcloud monitoring policies create --project="$PROJECT" --policy-from-file="$2")
  [[ -z "$NOTIFY" ]] || command+=(--notification-channels="$NOTIFY")
  # The metric was made a moment ago.
  patiently run "${command[@]}"
}

alert_policy() {
  ask gcloud monitoring policies list --project="$PROJECT" \
    --filter="displayName=\"$NAME: $1\"" --format='value(name)'
}

delete_monitoring() {
  local kind policy
  for kind in errors latency instances; do
    policy=$(alert_policy "$kind")
    ((!DRY_RUN)) || policy=policy-$kind
    [[ -z "$policy" ]] || run gcloud monitoring policies delete "$policy" --project="$PROJECT"
  done
  delete gcloud monitoring dashboards NAME "$NAME" --project="$PROJECT"
  delete gcloud logging metrics NAME "$NAME-errors" --project="$PROJECT"
}
