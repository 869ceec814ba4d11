// β: one slider for the whole page, and F recomputed from the counts.

// F-β of one class at a β of the grid, with its interval: at the β of the tables the one shown there,
// elsewhere that of the bands that came with the page, or null without bands (many classes). Null
// where the class neither occurs nor is predicted.
function fBeta(page, model, k, beta) {
  const { right, actual, predicted } = page.matrix(model);
  if (actual[k] + predicted[k] === 0) return null;
  const square = beta * beta;
  const value = ((1 + square) * right[k]) / (square * actual[k] + predicted[k]);
  const { betas, estimates } = page.data;
  const shown = estimates[`f_beta[${beta}]`]?.[model][k];
  const band = page.bands[model][k];
  if (shown || !band) return [value, ...(shown?.slice(1) ?? [null, null])];
  return [value, ...band.map((steps) => sums(sums(steps))[betas.indexOf(beta)] / 10000)];
}

// The running sums of numbers.
function sums(steps) {
  let total = 0;
  return steps.map((step) => (total += step));
}

// The interval of an estimate as text, or nothing where none is known.
function intervalText([, low, high]) {
  return low === null ? "" : `${percent(low)}–${percent(high)}`;
}

// Every slider on the page is the same slider: it moves through the grid of the β curves.
function betaSlider(page) {
  const grid = page.data.betas;
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
