// The choice of the theme, below the contents.
function offerThemes() {
  const themes = [["system", "System"], ["light", "Light"], ["dark", "Dark"]];
  const choose = (theme) => document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
  const label = dropdown("Theme", themes, document.documentElement.dataset.theme, choose);
  document.querySelector(".contents ol").append(make("li", { class: "theme" }, label));
}
