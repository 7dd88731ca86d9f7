// Calls the function at the URL of the argument with each JSON value of standard input, one a line,
// and prints what the SDK makes of the reply, one line of JSON each. A second argument is the App
// Check token that it sends.
import { text } from "node:stream/consumers";
import { initializeApp } from "@firebase/app";
import { CustomProvider, initializeAppCheck } from "@firebase/app-check";
import { getFunctions, httpsCallableFromURL } from "@firebase/functions";

const [url, token] = process.argv.slice(2);
const calls = (await text(process.stdin)).split("\n");
const app = initializeApp({ projectId: "demo", apiKey: "demo", appId: "1:1:web:1" });
if (token) {
  const getToken = async () => ({ token, expireTimeMillis: Date.now() + 3600_000 });
  initializeAppCheck(app, { provider: new CustomProvider({ getToken }) });
}
const classify = httpsCallableFromURL(getFunctions(app), url);
for (const call of calls) {
  try {
    console.log(JSON.stringify((await classify(JSON.parse(call))).data));
  } catch ({ code, message, details }) {
    console.log(JSON.stringify({ code, message, details }));
  }
}
process.exit(0); // the SDK keeps timers
