// Chooses the language and starts the page: its texts are fetched while the WebAssembly comes. Before this, xtask writes
// where the files are: `script`, `wasm`, and `texts`, the files of each language.

function remembered() {
  try {
    return localStorage.getItem("language");
  } catch (error) {
    // The browser keeps nothing for this page.
    return null;
  }
}

// The first language we have of those a person prefers, by the primary subtag (RFC 5646): `ru` for `ru-RU`.
function preferred() {
  const ours = Object.keys(texts);
  for (const tag of [remembered()].concat(navigator.languages)) {
    const primary = String(tag).split("-")[0].split("_")[0].toLowerCase();
    if (ours.includes(primary)) return primary;
  }
  return "en";
}

async function fetchFile(file) {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(file + ": HTTP " + answer.status);
  return answer.text();
}

async function fetchTexts(language) {
  const parts = await Promise.all(texts[language].map(fetchFile));
  return parts.join("\n");
}

async function fetchPage() {
  const page = await import(script);
  await page.default({ module_or_path: wasm });
  return page;
}

async function boot() {
  const language = preferred();
  const [page, words] = await Promise.all([fetchPage(), fetchTexts(language)]);
  page.start(language, words, fetchTexts);
}

// Paper has nothing to unfold.
let unfolded = [];
addEventListener("beforeprint", function () {
  unfolded = [...document.querySelectorAll("details:not([open]):not(.raw)")];
  for (const fold of unfolded) fold.open = true;
});
addEventListener("afterprint", function () {
  for (const fold of unfolded) fold.open = false;
});

boot().catch(function (error) {
  console.error(error);
  document.getElementById("failed").hidden = false;
});
