"use strict";

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const PERCENT = new Intl.NumberFormat("en", {
  style: "percent",
  maximumFractionDigits: 1,
});

function asCount(number) {
  return WHOLE.format(number);
}

function asMilliseconds(time) {
  return `${WHOLE.format(time)} ms`;
}

/** A share from 0 to 1 in percent; never rounded to 0. */
function asPercent(share) {
  return share < 0.0005 ? "<0.1%" : PERCENT.format(share);
}
