// Classifies the photo of the second argument at the URL of the first, and prints its labels.
// All that it knows of the function is in api.d.ts, made from /openapi.json.
import { readFile } from "node:fs/promises";
import type { paths, components } from "./api.js";

type Json<Body> = Body extends { content: { "application/json": infer Value } }
  ? Value
  : never;
type Path = "/" | "/v1/models/resnet50:predict";
type Request<P extends Path> = Json<paths[P]["post"]["requestBody"]>;
type Reply<P extends Path> = Json<paths[P]["post"]["responses"][200]>;
type ErrorResponse = components["schemas"]["ErrorResponse"];

const [url, photo] = process.argv.slice(2);

async function post<P extends Path>(path: P, request: Request<P>): Promise<Reply<P>> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
  const reply: unknown = await response.json();
  if (!response.ok) throw new Error((reply as ErrorResponse).error.reason);
  return reply as Reply<P>;
}

const image = (await readFile(photo)).toString("base64");
const one = await post("/", { image, top_k: 1 });
console.log(one.labels[0].label);
const instances = [{ b64: image }, { b64: "?" }];
const several = await post("/v1/models/resnet50:predict", { instances });
for (const { labels, error } of several.predictions)
  console.log(labels ? labels.length : error);
await post("/", { image: "?" }).catch((error: Error) => console.log(error.message));
