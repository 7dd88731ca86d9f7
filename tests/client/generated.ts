// Classifies photos at the URL of the first argument with the client that openapi-generator made.
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { Configuration, DefaultApi, ResponseError, type ErrorResponse } from "./client/index.js";

const [basePath, ...photos] = process.argv.slice(2);
const api = new DefaultApi(new Configuration({ basePath }));

for (const photo of photos) {
  const { labels, image } = await api.classify({ image: await openAsBlob(photo), topK: 1 });
  console.log(labels[0].label, image.width);
}

const files = await Promise.all(photos.map((photo) => readFile(photo)));
const instances = files.map((file) => ({ b64: file.toString("base64") }));
const batch = await api.predict({
  instancesRequest: { instances: [...instances, { b64: "?" }], parameters: { topK: 2 } },
});
for (const { labels, error } of batch.predictions) {
  console.log(labels ? labels.map(({ label }) => label).join(", ") : error);
}

try {
  await api.classify({ image: new Blob(["no picture"]) });
} catch (error) {
  if (!(error instanceof ResponseError)) throw error;
  const reply: ErrorResponse = await error.response.json();
  console.log(error.response.status, reply.error.reason);
}
