"use strict";

/** Show the model card and its licence in the footer. */
async function showModel(api) {
  const foot = document.getElementById("model");
  try {
    const card = await api.model();
    foot.querySelector(".terms").textContent = card.licence.commercial_use
      ? "Commercial use is allowed"
      : "Non-commercial use only";
    foot.querySelector(".notice").textContent = card.licence.notice;
    describe(foot.querySelector("dl"), cardRows(card));
    foot.hidden = false;
  } catch {
    document.getElementById("model-missing").hidden = false;
  }
}

function cardRows(card) {
  const { accuracy, licence, source } = card; // accuracy and source may be missing
  return [
    ["Model", `${card.architecture} (${card.name} ${card.version})`],
    ["Classes", asCount(card.classes)],
    accuracy && [
      "Accuracy",
      `${asPercent(accuracy.top_1)} top-1, ${asPercent(accuracy.top_5)} top-5, ` +
        `on ${accuracy.measured_on}`,
    ],
    ["Licence", link(licence.name, licence.url)],
    source && ["Source", link(source.title, source.url)],
  ].filter(Boolean);
}
