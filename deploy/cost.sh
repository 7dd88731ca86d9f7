# shellcheck shell=bash
# The cost of a month: the only place of the formula and the prices. Sourced by deploy.sh.
#
#   busy seconds = requests x seconds of a request
#   cost = (busy seconds x CPUs   - free) x price of a CPU second
#        + (busy seconds x GiB    - free) x price of a GiB second
#        + (requests              - free) x price of a request
#        + min instances x seconds of a month x (CPUs x idle price + GiB x idle price)
#
# This is an upper bound of Cloud Run's charge for computing, because concurrent requests share the
# seconds of an instance. It excludes builds, logs beyond 50 GiB, and egress: 1 GB for a million
# replies of 1 kB.

# US dollars, request-based billing, regions of tier 1 (us-central1, europe-west1, ...); tier
# 2 costs about 40 % more. Source: https://cloud.google.com/run/pricing.
readonly CPU_SECOND=0.000024 GIB_SECOND=0.0000025 MILLION_REQUESTS=0.40
readonly IDLE_CPU_SECOND=0.0000025 IDLE_GIB_SECOND=0.0000025
readonly FREE_CPU_SECONDS=180000 FREE_GIB_SECONDS=360000 FREE_REQUESTS=2000000

# A photo scaled down to 150 kB by the app: 0.12 s of upload at 10 Mbit/s and some 30 ms of work,
# billed in steps of 0.1 s.
readonly SECONDS_PER_REQUEST=0.2

readonly SECONDS_PER_MONTH=2628000

# Print the dollars for REQUESTS a month, each of SECONDS, with the size from the flags.
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
