// Classifies the photo of the second argument at the URL of the first, and prints its labels.
// All that it knows of the function is in api.d.ts, made from /openapi.json.
import { readFile } from "node:fs/promises";
import type { paths, components } from "./api.js";

type Post = paths["/"]["post"];
type Request = Post["requestBody"]["content"]["application/json"];
type Reply = Post["responses"][200]["content"]["application/json"];
type ErrorResponse = components["schemas"]["ErrorResponse"];

const [url, photo] = process.argv.slice(2);

async function classify(request: Request): Promise<Reply> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
  const reply: unknown = await response.json();
  if (!response.ok) throw new Error((reply as ErrorResponse).error.reason);
  return reply as Reply;
}

const image = (await readFile(photo)).toString("base64");
const one = await classify({ image, top_k: 1 });
if ("labels" in one) console.log(one.labels[0].label);
const several = await classify({ instances: [{ b64: image }, { b64: "?" }] });
if ("predictions" in several)
  for (const prediction of several.predictions)
    console.log(
      "labels" in prediction ? prediction.labels.length : prediction.error.reason,
    );
await classify({ image: "?" }).catch((error: Error) => console.log(error.message));
