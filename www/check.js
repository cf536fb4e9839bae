// The page itself is WebAssembly. A browser without it is told so, by the one script that such a browser can run.
(function () {
  var scripts = "noModule" in document.createElement("script");
  if (scripts && typeof WebAssembly === "object") return;
  document.getElementById("too-old").hidden = false;
})();
