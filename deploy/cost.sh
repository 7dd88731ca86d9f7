# shellcheck shell=bash
# What a month costs: the formula and the prices, here and nowhere else. Sourced by deploy.sh.
#
#   busy seconds = requests x seconds of a request
#   cost = (busy seconds x CPUs   - free) x price of a CPU second
#        + (busy seconds x GiB    - free) x price of a GiB second
#        + (requests              - free) x price of a request
#        + min instances x seconds of a month x (CPUs x idle price + GiB x idle price)
#
# It is an upper bound of what Cloud Run charges for computing: requests that overlap in one
# instance share its seconds. Not in it: builds, logs beyond 50 GiB, and traffic out, which at
# 1 kB a reply is 1 GB for a million requests.

# US dollars, request-based billing, regions of tier 1 (us-central1, europe-west1, ...), tier 2
# is about 40% more. Source: https://cloud.google.com/run/pricing.
readonly CPU_SECOND=0.000024 GIB_SECOND=0.0000025 MILLION_REQUESTS=0.40
readonly IDLE_CPU_SECOND=0.0000025 IDLE_GIB_SECOND=0.0000025
readonly FREE_CPU_SECONDS=180000 FREE_GIB_SECONDS=360000 FREE_REQUESTS=2000000

# A photo that the app has scaled down to 150 kB: 0.12 s of upload at 10 Mbit/s, and some 30 ms of
# work. Charged in steps of 0.1 s.
readonly SECONDS_PER_REQUEST=0.2

readonly SECONDS_PER_MONTH=2628000

# Dollars for REQUESTS a month, each of SECONDS, with the size that the flags say.
#
#   monthly_cost REQUESTS [SECONDS]
monthly_cost() {
  local gib
  case $MEMORY in
    *Gi) gib=${MEMORY%Gi} ;;
    *Mi) gib=$(awk "BEGIN {print ${MEMORY%Mi} / 1024}") ;;
  esac
  awk "
    function beyond(used, free) { return used > free ? used - free : 0 }
    BEGIN {
      busy = $1 * ${2:-$SECONDS_PER_REQUEST}
      printf \"%.2f\", beyond(busy * $CPU, $FREE_CPU_SECONDS) * $CPU_SECOND \\
        + beyond(busy * $gib, $FREE_GIB_SECONDS) * $GIB_SECOND \\
        + beyond($1, $FREE_REQUESTS) * $MILLION_REQUESTS / 1000000 \\
        + $MIN_INSTANCES * $SECONDS_PER_MONTH * ($CPU * $IDLE_CPU_SECOND + $gib * $IDLE_GIB_SECOND)
    }"
}
