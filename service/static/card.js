"use strict";

const WHAT_TO_DO = {
  BAD_API_KEY: "Try again and enter a key that it accepts.",
  BODY_TOO_LARGE: "Switch “Shrink large photos first” on and try again.",
  IMAGE_CORRUPT:
    "Save the picture once more, as JPEG or PNG, and add the new file.",
  NO_ANSWER: "Check the connection, then try again.",
  NO_IMAGE: "The file is empty: add another.",
  OVERLOADED: "It has more photos than it can take: try again in a moment.",
  TOO_MANY_PIXELS: "Save the picture smaller and add the new file.",
  UNSUPPORTED_IMAGE_FORMAT:
    "Save the picture as JPEG or PNG and add the new file.",
};

/** One photo: the picture, and beside it how far it is, its labels, or what went wrong. */
class Card {
  constructor(photo, { onRetry, onRemove }) {
    this.photo = photo;
    this.name = photo.name;
    this.element = fromTemplate("card");
    this.#part("name").textContent = this.name;
    this.#part("retry").onclick = () => onRetry(this);
    this.#part("remove").onclick = () => onRemove(this);
    this.#part("remove").setAttribute("aria-label", `Remove ${this.name}`);
    this.#showPicture();
    this.wait();
  }

  wait() {
    this.#enter("working", "Waiting for its turn");
  }

  shrink() {
    this.#enter("working", "Shrinking");
  }

  /** `share`, from 0 to 1, is how much of the photo has been sent. */
  send(share) {
    if (share < 1)
      this.#enter("working", `Sending, ${asPercent(share)}`, share);
    else this.#enter("working", "Looking at it");
  }

  succeed({ labels, times }) {
    this.#enter("done");
    this.outcome = `${labels[0].label}, ${asPercent(labels[0].score)}`;
    this.#part("labels").replaceChildren(...labels.map(Card.#row));
    describe(this.#part("times"), Card.#timeRows(times));
  }

  fail({ message, reason }) {
    this.#enter("failed");
    this.outcome = message;
    this.#part("message").textContent = message;
    this.#part("advice").textContent = WHAT_TO_DO[reason] ?? "";
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

  static #row({ label, score }) {
    const row = fromTemplate("label");
    row.querySelector(".what").textContent = label;
    row.querySelector(".score").textContent = asPercent(score);
    row.style.setProperty("--score", score);
    return row;
  }

  static #timeRows(times) {
    const total = Object.values(times).reduce((sum, time) => sum + time, 0);
    // A part that did not happen, such as loading a model that was loaded, is left out.
    const parts = Object.entries(times).filter(([, time]) => time > 0);
    return [["total", total], ...parts].map(([part, time]) => [
      part,
      asMilliseconds(time),
    ]);
  }
}
