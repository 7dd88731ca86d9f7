"use strict";

/** What went wrong, in the API's words; `reason` is its stable name for programs. */
class ApiError extends Error {
  constructor({ reason, message }) {
    super(message);
    this.reason = reason;
  }
}

/** The function that served this page. */
class Api {
  static #KEY = "classify-api-key";

  #askForKey;
  #asking = null;

  /** `askForKey` is told why a key is wanted and promises one, or "" if the person has none. */
  constructor(askForKey) {
    this.#askForKey = askForKey;
    // Below https://REGION-PROJECT.cloudfunctions.net/NAME the page has no trailing slash, so
    // that an address relative to it would lose NAME.
    this.url = location.origin + location.pathname;
    this.base = this.url.replace(/\/$/, "");
  }

  /** The labels of a photo and the milliseconds that they took; rejects with an ApiError. */
  async classify(photo, onProgress) {
    const key = sessionStorage.getItem(Api.#KEY);
    try {
      return await this.#send(photo, key, onProgress);
    } catch (error) {
      if (error.reason !== "BAD_API_KEY") throw error;
      if (!(await this.#hasOtherKey(key, error.message))) throw error;
      return this.classify(photo, onProgress);
    }
  }

  /** What the model is. */
  async model() {
    const response = await fetch(`${this.base}/model`);
    if (!response.ok) throw new Error(`GET /model answered ${response.status}`);
    return response.json();
  }

  async #send(photo, key, onProgress) {
    const started = performance.now();
    const request = await this.#post(photo, key, onProgress);
    const total = performance.now() - started;
    if (request.status !== 200) throw Api.#errorOf(request);
    return { ...request.response, times: Api.#times(request, total) };
  }

  /** XMLHttpRequest, since fetch cannot tell how much of a body has been sent. */
  #post(photo, key, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.url);
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
            message: "The function did not answer.",
          }),
        );
      request.send(photo);
    });
  }

  /** Photos that are refused at the same time ask once. */
  async #hasOtherKey(refused, why) {
    if (sessionStorage.getItem(Api.#KEY) !== refused) return true;
    this.#asking ??= this.#askForKey(why).finally(() => (this.#asking = null));
    const key = await this.#asking;
    if (key) sessionStorage.setItem(Api.#KEY, key);
    return Boolean(key);
  }

  static #errorOf(request) {
    // What stands before the function, such as Google's front end, does not answer in JSON.
    const unknown = {
      reason: "UNKNOWN",
      message: `The function answered ${request.status}.`,
    };
    return new ApiError(request.response?.error ?? unknown);
  }

  static #times(request, total) {
    const header = request.getResponseHeader("Server-Timing") ?? "";
    const parts = [...header.matchAll(/(\w+);dur=([\d.]+)/g)].map(
      ([, part, ms]) => [part, +ms],
    );
    const { decode = 0, load = 0, infer = 0 } = Object.fromEntries(parts);
    return {
      network: total - decode - load - infer,
      decode,
      load,
      inference: infer,
    };
  }
}
