"use strict";

/** Code that classifies `photo.jpg` with the function at `url`, by language. */
const SNIPPETS = {
  curl: (url) => `curl --form image=@photo.jpg ${url}`,

  JavaScript: (url) => `import { readFile } from "node:fs/promises";

const response = await fetch("${url}", {
  method: "POST",
  headers: { "Content-Type": "application/octet-stream" },
  body: await readFile("photo.jpg"), // in a browser, the File itself
});
const reply = await response.json();
if (!response.ok) throw new Error(reply.error.message);
for (const { label, score } of reply.labels) {
  console.log(score.toFixed(3), label);
}`,

  Dart: (url) => `import 'dart:convert';
import 'dart:io';

import 'package:http/http.dart' as http;

Future<void> main() async {
  final response = await http.post(
    Uri.parse('${url}'),
    headers: {'Content-Type': 'application/octet-stream'},
    body: await File('photo.jpg').readAsBytes(),
  );
  final reply = jsonDecode(utf8.decode(response.bodyBytes));
  if (response.statusCode != 200) throw Exception(reply['error']['message']);
  for (final label in reply['labels']) {
    print('\${label['score'].toStringAsFixed(3)} \${label['label']}');
  }
}`,

  Python: (url) => `import json
from pathlib import Path
from urllib.request import Request, urlopen

request = Request(
    "${url}",
    data=Path("photo.jpg").read_bytes(),
    headers={"Content-Type": "application/octet-stream"},
)
with urlopen(request) as response:
    reply = json.load(response)
for label in reply["labels"]:
    print(f"{label['score']:.3f} {label['label']}")`,
};

/** Show the snippet of the selected language. */
function showSnippets(url) {
  const languages = document.getElementById("languages");
  const show = () => {
    const { value } = languages.querySelector(":checked");
    document.getElementById("snippet").textContent = SNIPPETS[value](url);
  };
  languages.addEventListener("change", show);
  show();
}

function offerCopy(button, announce) {
  // The clipboard is available only over HTTPS and on localhost.
  button.hidden = !navigator.clipboard;
  button.onclick = async () => {
    await navigator.clipboard.writeText(
      document.getElementById("snippet").textContent,
    );
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };
}
