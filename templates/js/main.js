// Starts what the page has: each section's script is a function of the section's stem.
async function main() {
  document.documentElement.classList.add("scripted");
  const has = (id) => document.getElementById(id) !== null;
  const page = await makePage();
  const tooltip = makeTooltip();
  const plotting = typeof makePlotting === "undefined" ? null : makePlotting(page, tooltip);
  if (has("matrices")) confusion(page, plotting, tooltip);
  if (has("errors")) errors(page);
  if (has("classes-table")) classes(page);
  if (has("beta-control")) beta(page, plotting);
  if (has("disagreement")) disagreement(page);
  if (has("probability") && plotting) probability(page, plotting);
  if (has("training") && plotting) training(page, plotting);
  offerThemes();
  makeCopying();
  markContents();
  followLinks(page);
  document.documentElement.dataset.started = "yes";
}
main();
