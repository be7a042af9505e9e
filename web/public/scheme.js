// Before the first paint, and in a file of its own: the page's policy allows no inline script.
(function () {
  var scheme = "auto";
  var contrast = "red-green";
  try {
    scheme = localStorage.getItem("mantine-color-scheme-value") || scheme;
    contrast = localStorage.getItem("benchbook.hues") || contrast;
  } catch {
    // Storage may be forbidden: then the system decides.
  }
  var dark = scheme === "dark" || (scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  document.documentElement.setAttribute("data-hues", contrast);
})();
