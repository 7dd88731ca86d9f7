"use strict";

const ADVICE = {
  BAD_API_KEY: "Try again and enter a valid key.",
  BAD_TOKEN: "Try again and enter a valid key.",
  BODY_TOO_LARGE: "Turn on “Shrink large photos first” and try again.",
  IMAGE_CORRUPT:
    "Re-save the picture as JPEG or PNG and add the new file.",
  IMAGE_TOO_COSTLY: "Re-save the picture as a plain JPEG and add the new file.",
  KEY_SERVER_UNAVAILABLE: "Try again in a moment, or enter a key.",
  MODEL_UNAVAILABLE: "The operator must repair the model. Try again later.",
  NO_ANSWER: "Check the connection, then try again.",
  NO_IMAGE: "The file is empty. Add another one.",
  OVERLOADED: "Too many photos are waiting. Try again in a moment.",
  TOO_MANY_PIXELS: "Re-save the picture with fewer pixels and add the new file.",
  UNEXPECTED: "Reload the page and try again.",
  UNKNOWN: "Check the connection, then try again.",
  UNSUPPORTED_IMAGE_FORMAT:
    "Re-save the picture as JPEG or PNG and add the new file.",
};

/** A photo with its progress, its labels or its error. */
class Card {
  constructor(photo, { onRetry, onRemove }) {
    this.photo = photo;
    this.name = photo.name;
    this.element = fromTemplate("card");
    this.#part("name").textContent = this.name;
    this.#part("retry").onclick = () => onRetry(this);
    this.#part("remove").onclick = () => onRemove(this);
    this.#part("strength").oninput = ({ target }) =>
      (this.#part("heat").style.opacity = target.value / 100);
    this.#part("remove").setAttribute("aria-label", `Remove ${this.name}`);
    this.#showPicture();
    this.wait();
  }

  wait() {
    this.#enter("working", "Waiting");
  }

  shrink() {
    this.#enter("working", "Shrinking");
  }

  /** Show the progress of the upload: `share` is from 0 to 1. */
  send(share) {
    if (share < 1)
      this.#enter("working", `Sending, ${asPercent(share)}`, share);
    else this.#enter("working", "Classifying");
  }

  succeed({ labels, times, image }) {
    this.#enter("done");
    this.outcome = `${labels[0].label}, ${asPercent(labels[0].score)}`;
    this.#part("labels").replaceChildren(
      ...labels.map((label) => this.#row(label, image)),
    );
    this.#part("where").hidden = !labels[0].heatmap;
    describe(this.#part("times"), Card.#timeRows(times));
  }

  /** Show the message of an ApiError; any other error is a defect of the page. */
  fail(error) {
    if (!(error instanceof ApiError)) {
      console.error(error);
      error = { reason: "UNEXPECTED", message: "The page has failed." };
    }
    const { reason, message } = error;
    this.#enter("failed");
    this.outcome = message;
    this.#part("message").textContent = message;
    this.#part("advice").textContent = ADVICE[reason] ?? "";
  }

  /** Show the heat map of a label in place of another's, or hide it. */
  #toggleHeat(button, heatmap, image) {
    const shown = button.getAttribute("aria-pressed") === "false";
    for (const other of this.element.querySelectorAll(".labels button"))
      other.setAttribute("aria-pressed", shown && other === button);
    this.#part("heat").hidden = !shown;
    this.#part("strength").hidden = !shown;
    this.#part("place").textContent = shown
      ? `${button.textContent}: seen ${placeOfHeat(heatmap, image)}`
      : "The heat map is hidden.";
    if (shown) drawHeat(this.#part("heat"), heatmap, image);
  }

  remove() {
    URL.revokeObjectURL(this.#picture.src);
    this.element.remove();
  }

  get #picture() {
    return this.element.querySelector("img");
  }

  #part(name) {
    return this.element.querySelector(`.${name}`);
  }

  #enter(state, stage = "", share = null) {
    this.element.dataset.state = state;
    this.#part("stage").textContent = stage;
    const progress = this.element.querySelector("progress");
    progress.setAttribute("aria-label", stage);
    if (share === null) progress.removeAttribute("value");
    else progress.value = share;
  }

  #showPicture() {
    this.#picture.onerror = () => this.element.classList.add("no-picture");
    this.#picture.src = URL.createObjectURL(this.photo);
  }

  /** A label with its bar; if it has a heat map, a button that shows it. */
  #row({ label, score, heatmap }, image) {
    const row = fromTemplate("label");
    const text = row.querySelector(".text");
    text.textContent = label;
    if (heatmap) {
      const button = element("button", label);
      button.type = "button";
      button.className = "text";
      button.setAttribute("aria-pressed", false);
      button.onclick = () => this.#toggleHeat(button, heatmap, image);
      text.replaceWith(button);
    }
    row.querySelector(".score").textContent = asPercent(score);
    row.style.setProperty("--score", score);
    return row;
  }

  static #timeRows(times) {
    const total = Object.values(times).reduce((sum, time) => sum + time, 0);
    // Without parts that did not occur, such as loading a loaded model.
    const parts = Object.entries(times).filter(([, time]) => time >= 0.5);
    return [["total", total], ...parts].map(([part, time]) => [
      part,
      asMilliseconds(time),
    ]);
  }
}
