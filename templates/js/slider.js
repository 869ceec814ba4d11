// β: one slider for the whole page, and F recomputed from the counts.

// F-β of one class at a β of the grid, with its interval: the bands that came with the page, which
// at the β of the tables are the intervals shown there. Without bands (many classes) the interval is
// known at those β only, and null elsewhere. Null where the class neither occurs nor is predicted.
function fBeta(page, model, k, beta) {
  const { right, actual, predicted } = page.matrix(model);
  if (actual[k] + predicted[k] === 0) return null;
  const square = beta * beta;
  const value = ((1 + square) * right[k]) / (square * actual[k] + predicted[k]);
  const { curves, classBands, estimates } = page.data;
  const band = classBands[model]?.[k];
  const place = curves[0].betas.indexOf(beta);
  if (band && place >= 0) return [value, band.low[place], band.high[place]];
  return estimates[`f_beta[${beta}]`]?.[model][k] ?? [value, null, null];
}

// The interval of an estimate as text, or nothing where none is known.
function intervalText([, low, high]) {
  return low === null ? "" : `${percent(low)}–${percent(high)}`;
}

// Every slider on the page is the same slider: it moves through the grid of the β curves.
function betaSlider(page) {
  const grid = page.data.curves[0].betas;
  const start = grid.reduce((best, beta, i) => (Math.abs(Math.log(beta)) < Math.abs(Math.log(grid[best])) ? i : best), 0);
  const output = make("output", {}, shortBeta(grid[start]));
  const input = make("input", { type: "range", min: 0, max: grid.length - 1, value: start, "aria-label": "β", "aria-valuetext": `β = ${shortBeta(grid[start])}`,
    oninput: () => page.tell("beta", grid[Number(input.value)]) });
  page.on("beta", (beta) => {
    const place = grid.indexOf(beta);
    input.value = place;
    input.setAttribute("aria-valuetext", `β = ${shortBeta(beta)}`);
    output.textContent = shortBeta(beta);
  });
  return make("label", { class: "slider" }, "β", input, output);
}
