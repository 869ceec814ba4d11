// In the head, so that a chosen theme is there before anything is painted. The dark theme is what
// the style sheet holds for "prefers-color-scheme: dark"; a choice replaces this condition.
(() => {
  const key = "evalkit-theme";
  const dark = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.media?.mediaText.includes("color-scheme"));
  const system = dark[0]?.media.mediaText;

  function apply(theme) {
    document.documentElement.dataset.theme = theme;
    const condition = { dark: "screen", light: "not all" }[theme] ?? system;
    dark.forEach((rule) => { rule.media.mediaText = condition; });
  }

  // A sandboxed frame has no storage: there the choice lasts as long as the page.
  const stored = (act) => { try { return act(sessionStorage); } catch { return null; } };

  apply(stored((storage) => storage.getItem(key)) ?? "system");
  document.addEventListener("theme", ({ detail }) => {
    apply(detail);
    stored((storage) => storage.setItem(key, detail));
  });
})();
