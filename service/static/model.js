"use strict";

/** Tell at the foot what the model is and on what terms it may be used. */
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
  const { accuracy, licence, source } = card;
  return [
    ["Model", `${card.architecture} (${card.name} ${card.version})`],
    ["Knows", `${asCount(card.classes)} kinds of thing`],
    [
      "Accuracy",
      `right at once ${asPercent(accuracy.top_1)} of the time, within five labels ` +
        `${asPercent(accuracy.top_5)}, on ${accuracy.measured_on}`,
    ],
    ["Licence", link(licence.name, licence.url)],
    ["From", link(source.title, source.url)],
  ];
}
