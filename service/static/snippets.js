"use strict";

// The examples of docs/clients.md, which a test compares with these.
const URL_OF_THE_EXAMPLES = "https://classify-abc.a.run.app";

/** Code that classifies a photo, by language. */
const SNIPPETS = {
  curl: `curl --silent --show-error --fail-with-body --max-time 60 --retry 3 \\
  --header 'Content-Type: application/octet-stream' --data-binary @photo.jpg \\
  'https://classify-abc.a.run.app/?top_k=3'`,

  JavaScript: `import { readFile } from "node:fs/promises";

const url = "https://classify-abc.a.run.app/?top_k=3";

async function classify(photo) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: photo,
      signal: AbortSignal.timeout(60_000),
    });
    if ([429, 503].includes(response.status) && tries < 4) {
      const seconds = Number(response.headers.get("Retry-After")) || tries;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      continue;
    }
    const reply = await response.json();
    if (response.ok) return reply.labels;
    throw new Error(\`\${reply.error.reason}: \${reply.error.message}\`);
  }
}

try {
  const labels = await classify(await readFile("photo.jpg"));
  for (const { label, score } of labels) console.log(score.toFixed(3), label);
} catch (error) {
  console.log(error.message);
}`,

  Dart: `import 'dart:convert';

import 'package:http/http.dart' as http;
import 'package:image_picker/image_picker.dart';

final url = Uri.parse('https://classify-abc.a.run.app/');
const headers = {'Content-Type': 'application/octet-stream'};

Future<void> warmUp() =>
    http.get(Uri.parse('https://classify-abc.a.run.app/ready'));

Future<XFile?> choosePhoto() =>
    ImagePicker().pickImage(source: ImageSource.gallery, maxWidth: 1024);

Future<List<dynamic>> classify(XFile photo) async {
  final bytes = await photo.readAsBytes();
  if (bytes.isEmpty) throw const FormatException('NO_IMAGE');
  for (var tries = 1;; tries++) {
    final response = await http
        .post(url, headers: headers, body: bytes)
        .timeout(const Duration(seconds: 60));
    if ([429, 503].contains(response.statusCode) && tries < 4) {
      final wait = int.tryParse(response.headers['retry-after'] ?? '');
      await Future<void>.delayed(Duration(seconds: wait ?? tries));
      continue;
    }
    final reply = jsonDecode(utf8.decode(response.bodyBytes));
    if (response.statusCode == 200) return reply['labels'];
    throw http.ClientException(reply['error']['reason'], url);
  }
}`,

  Python: `import time
from pathlib import Path

import httpx

photo = Path("photo.jpg").read_bytes()
headers = {"Content-Type": "application/octet-stream"}
with httpx.Client(base_url="https://classify-abc.a.run.app", timeout=60) as client:
    for tries in range(1, 5):
        response = client.post("/?top_k=3", content=photo, headers=headers)
        if response.status_code not in (429, 503) or tries == 4:
            break
        time.sleep(int(response.headers.get("Retry-After", tries)))
reply = response.json()
if response.is_success:
    for each in reply["labels"]:
        print(f"{each['score']:.3f} {each['label']}")
else:
    print(reply["error"]["reason"], reply["error"]["message"])`,
};

/** Show the snippet of the selected language, for the function at `url`. */
function showSnippets(url) {
  const languages = document.getElementById("languages");
  const show = () => {
    const { value } = languages.querySelector(":checked");
    document.getElementById("snippet").textContent = SNIPPETS[value].replaceAll(
      URL_OF_THE_EXAMPLES,
      url.replace(/\/$/, ""),
    );
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
