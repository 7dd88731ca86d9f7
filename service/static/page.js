"use strict";

// One upload overlaps with one classification; more would start more instances.
const AT_ONCE = 2;

const drop = document.getElementById("drop");
const cards = document.getElementById("cards");
const shrinkSwitch = document.getElementById("shrink");
const api = new Api(askForKey);
const waiting = [];
let running = 0;

function announce(news) {
  document.getElementById("news").textContent = news;
}

/** Show photos as cards above the earlier ones, and classify them. */
function addPhotos(files) {
  const added = [...files].map(
    (file) => new Card(file, { onRetry: retry, onRemove: remove }),
  );
  if (!added.length) return;
  document.body.classList.add("has-photos");
  cards.prepend(...added.map(({ element }) => element));
  added[0].element.scrollIntoView({ block: "nearest" });
  added.forEach(enqueue);
}

function enqueue(card) {
  card.wait();
  waiting.push(card);
  startNext();
}

async function startNext() {
  if (running === AT_ONCE || !waiting.length) return;
  running += 1;
  await classify(waiting.shift());
  running -= 1;
  startNext();
}

async function classify(card) {
  try {
    const [photo, shrinking] = await prepared(card);
    const { labels, times, image } = await api.classify(photo, (share) =>
      card.send(share),
    );
    card.succeed({ labels, image, times: { ...shrinking, ...times } });
  } catch (error) {
    card.fail(error);
  }
  announce(`${card.name}: ${card.outcome}`);
}

/** The photo to upload for a card, and the time taken to shrink it. */
async function prepared(card) {
  if (!shrinkSwitch.checked) return [card.photo, {}];
  card.shrink();
  const started = performance.now();
  const photo = await shrink(card.photo);
  return [
    photo,
    photo === card.photo ? {} : { shrink: performance.now() - started },
  ];
}

function retry(card) {
  // The button, which has the focus, is about to be hidden.
  card.element.focus();
  enqueue(card);
}

function remove(card) {
  const next =
    card.element.nextElementSibling ?? document.getElementById("choose");
  if (waiting.includes(card)) waiting.splice(waiting.indexOf(card), 1);
  card.remove();
  next.focus();
  announce(`${card.name} removed`);
}

/** Show the API's message and ask for a key; resolves to "" if the user cancels. */
function askForKey(message) {
  const dialog = document.getElementById("key");
  const { key } = dialog.querySelector("form").elements;
  document.getElementById("key-why").textContent = message;
  key.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const answer = () => resolve(dialog.returnValue && key.value.trim());
    dialog.addEventListener("close", answer, { once: true });
  });
}

function listenForFiles(input) {
  input.addEventListener("change", () => {
    addPhotos(input.files);
    // Otherwise the same photo could not be chosen twice.
    input.value = "";
  });
}

/** Accept drops on the whole page, or else the browser would navigate to the photo. */
function listenForDrops() {
  const carriesFiles = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    addPhotos(event.dataTransfer.files);
  });
}

["choose", "take"].forEach((id) => listenForFiles(document.getElementById(id)));
listenForDrops();
addEventListener("paste", ({ clipboardData }) =>
  addPhotos(clipboardData.files),
);
showSnippets(api.url);
offerCopy(document.getElementById("copy"), announce);
document.getElementById("openapi").href = `${api.base}/openapi.json`;
showModel(api);
