"use strict";
// Without this script everything can be read; with it, samples can be filtered, and the address keeps the filter:
// report.html#verdict=failed&model=NAME.

const form = document.getElementById("filters");
const samples = [...document.querySelectorAll(".sample")];
const texts = new Map();

form.hidden = false;
form.addEventListener("input", keep);
form.addEventListener("reset", () => setTimeout(keep));
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", arrive);
arrive();

/** The address decides: it holds a filter, or the name of a place on the page. */
function arrive() {
  const hash = location.hash.slice(1);
  if (hash.includes("=")) {
    preset(new URLSearchParams(hash));
    document.getElementById("samples").scrollIntoView();
  }
  apply();
  const place = hash && !hash.includes("=") && document.getElementById(hash);
  const details = place && place.closest("details");
  if (details) reveal(details);
}

function preset(wanted) {
  for (const field of form.elements) {
    if (!field.name) continue;
    const value = wanted.get(field.name) || "";
    if (field.type === "checkbox") field.checked = value === field.value;
    else field.value = value;
  }
}

function keep() {
  apply();
  const chosen = [...new FormData(form)].filter(([, value]) => value);
  history.replaceState(null, "", "#" + (chosen.length ? new URLSearchParams(chosen) : "samples"));
}

function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  let shown = 0;
  for (const sample of samples) {
    sample.hidden = !fits(sample, wanted);
    shown += !sample.hidden;
    for (const answer of sample.querySelectorAll("article")) {
      answer.hidden = Boolean(wanted.model) && answer.dataset.model !== wanted.model;
    }
  }
  document.getElementById("shown").textContent = `${shown} of ${samples.length} samples`;
}

function fits(sample, wanted) {
  const { task, slices, tags, differs } = sample.dataset;
  return (
    (!wanted.task || task === wanted.task) &&
    (!wanted.slice || slices.split("\n").includes(wanted.slice)) &&
    (!wanted.tag || tags.split("\n").includes(wanted.tag)) &&
    (!wanted.differ || differs !== undefined) &&
    [...sample.querySelectorAll("article")].some(
      ({ dataset }) =>
        (!wanted.model || dataset.model === wanted.model) && (!wanted.verdict || dataset.verdict === wanted.verdict),
    ) &&
    (!wanted.q || textOf(sample).includes(wanted.q.toLowerCase()))
  );
}

function textOf(sample) {
  if (!texts.has(sample)) texts.set(sample, sample.textContent.toLowerCase());
  return texts.get(sample);
}

/** Open what a link leads to, filtered out or not. */
function reveal(details) {
  if (details.hidden) {
    form.reset();
    apply();
  }
  details.open = true;
  details.scrollIntoView();
}
