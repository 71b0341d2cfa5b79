// Runs before the first paint, as a file of its own because the page's policy allows no inline
// script: the chosen or the system's colour scheme is on the document before anything is drawn.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("tickloom.theme");
    } catch {}
    const scheme =
      chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
    if (root.dataset.theme === scheme) return;
    root.dataset.theme = scheme;
    dispatchEvent(new Event("tickloom:theme"));
  };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("tickloom:theme-choice", apply);
  apply();
})();
