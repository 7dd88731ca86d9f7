"use strict";

/** A copy of the content of the template `id`. */
function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function element(name, content) {
  const made = document.createElement(name);
  made.append(content);
  return made;
}

function link(text, url) {
  if (!url) return text;
  const anchor = element("a", text);
  anchor.href = url;
  return anchor;
}

/** Fill a <dl> with pairs of a term and its description, each text or an element. */
function describe(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([term, description]) => {
      const pair = element("div", element("dt", term));
      pair.append(element("dd", description));
      return pair;
    }),
  );
}
