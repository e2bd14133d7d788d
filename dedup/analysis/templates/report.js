"use strict";
const form = document.getElementById("filters");
const search = document.getElementById("search");
const source = document.getElementById("source");
const sections = [...document.querySelectorAll("main > section")].map((at) => ({ at, none: at.querySelector(".none") }));
const entries = [...document.querySelectorAll(".entry")].map((at) => {
  const parts = [...at.querySelectorAll(".text, .from, .sides p")]; // the words of the feed, without those of the page
  return {
    at,
    parts,
    text: parts.map((one) => one.textContent.toLowerCase()).join("\n"),
    pairs: [...at.querySelectorAll(".pair[data-kind]")],
    open: at.open, // before a search opened it
  };
});
const OPENED = 50; // by a search at most, so that it answers at once
let before = "";

function show() {
  const wanted = search.value.trim().toLowerCase();
  const kinds = new Set([...form.querySelectorAll(":checked")].map((box) => box.value));
  let shown = 0;
  for (const entry of entries) {
    const { at, text, pairs } = entry;
    let left = 0;
    for (const pair of pairs) {
      const of = pair.dataset.of.split(" ");
      pair.hidden = !kinds.has(pair.dataset.kind) || (source.value !== "" && !of.includes(source.value));
      left += !pair.hidden;
    }
    at.hidden = !left || !text.includes(wanted);
    shown += !at.hidden;
    if (wanted && !before) entry.open = at.open;
    if (wanted || before) at.open = entry.open || (wanted !== "" && !at.hidden && shown <= OPENED);
  }
  before = wanted;
  for (const { at, none } of sections) if (none) none.hidden = at.querySelector(".entry:not([hidden])") !== null;
  document.getElementById("count").textContent = `${shown} of ${entries.length} on this page`;
  highlight(wanted);
}

function highlight(wanted) {
  if (!globalThis.Highlight) return; // an older browser shows the same, unmarked
  CSS.highlights.delete("found");
  if (!wanted) return;
  const ranges = [];
  for (const one of entries.flatMap(({ at, parts }) => (at.hidden ? [] : parts))) {
    const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 5000) {
      const text = walker.currentNode.data.toLowerCase();
      for (let place = text.indexOf(wanted); place >= 0; place = text.indexOf(wanted, place + wanted.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, place);
        range.setEnd(walker.currentNode, Math.min(place + wanted.length, walker.currentNode.length));
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of form.querySelectorAll("button"))
  button.addEventListener("click", () => {
    for (const { at } of entries) if (!at.hidden) at.open = button.value === "open";
  });
show();
