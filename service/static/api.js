"use strict";

/** An error response of the API: `reason` is stable and for programs. */
class ApiError extends Error {
  constructor({ reason, message }) {
    super(message);
    this.reason = reason;
  }
}

/** A client of the function that served this page. */
class Api {
  static #KEY = "classify-api-key";

  #askForKey;
  #model = null;
  #asking = null;

  /** `askForKey` gets the API's message and resolves to a key, or "" if the user cancels. */
  constructor(askForKey) {
    this.#askForKey = askForKey;
    // https://REGION-PROJECT.cloudfunctions.net/NAME has no trailing slash, so a relative
    // address would lose NAME.
    this.url = location.origin + location.pathname;
    this.base = this.url.replace(/\/$/, "");
  }

  /** The labels of a photo, and milliseconds by part; rejects with an ApiError. */
  async classify(photo, onProgress) {
    const key = sessionStorage.getItem(Api.#KEY);
    try {
      return await this.#send(photo, key, onProgress);
    } catch (error) {
      // A key takes the place of a Firebase token, which a page does not have.
      if (!["BAD_API_KEY", "BAD_TOKEN"].includes(error.reason)) throw error;
      if (!(await this.#hasOtherKey(key, error.message))) throw error;
      return this.classify(photo, onProgress);
    }
  }

  /** The model card; fetched once, and again if that failed. */
  model() {
    this.#model ??= this.#fetchModel().catch((error) => {
      this.#model = null;
      throw error;
    });
    return this.#model;
  }

  async #fetchModel() {
    const response = await fetch(`${this.base}/model`);
    if (!response.ok) throw new Error(`GET /model returned ${response.status}`);
    return response.json();
  }

  /** Whether the model can say where it sees a label. */
  async #explains() {
    return this.model().then(
      (card) => card.more_outputs.includes("features"),
      () => false,
    );
  }

  async #send(photo, key, onProgress) {
    const explain = await this.#explains();
    const started = performance.now();
    const request = await this.#post(photo, key, explain, onProgress);
    const total = performance.now() - started;
    if (!request.response?.labels) throw Api.#errorOf(request);
    return { ...request.response, times: Api.#times(request, total) };
  }

  /** XMLHttpRequest, because fetch does not report the progress of an upload. */
  #post(photo, key, explain, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.url}?explain=${explain}`);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      if (key) request.setRequestHeader("X-API-Key", key);
      request.upload.onprogress = ({ loaded, total }) =>
        onProgress(loaded / total);
      request.onload = () => resolve(request);
      request.onerror = () =>
        reject(
          new ApiError({
            reason: "NO_ANSWER",
            message: "The function did not respond.",
          }),
        );
      request.send(photo);
    });
  }

  /** Concurrent requests without a valid key share one dialog. */
  async #hasOtherKey(rejected, message) {
    if (sessionStorage.getItem(Api.#KEY) !== rejected) return true;
    this.#asking ??= this.#askForKey(message).finally(() => (this.#asking = null));
    const key = await this.#asking;
    if (key) sessionStorage.setItem(Api.#KEY, key);
    return Boolean(key);
  }

  static #errorOf(request) {
    // A front end or a captive portal responds without the API's JSON.
    const unknown = {
      reason: "UNKNOWN",
      message: `The response, with status ${request.status}, is not from the API.`,
    };
    return new ApiError(request.response?.error ?? unknown);
  }

  static #times(request, total) {
    const header = request.getResponseHeader("Server-Timing") ?? "";
    const parts = [...header.matchAll(/(\w+);dur=([\d.]+)/g)].map(
      ([, part, ms]) => [part, +ms],
    );
    const { wait = 0, decode = 0, load = 0, infer = 0, explain = 0 } =
      Object.fromEntries(parts);
    return {
      network: total - wait - decode - load - infer - explain,
      wait,
      decode,
      load,
      inference: infer,
      explain,
    };
  }
}
