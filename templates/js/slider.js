// β: one slider for the whole page, and F recomputed from the counts.

// F-β of one class with an interval in closed form: the delta method on the logit,
// logit F = ln((1 + β²) TP) − ln(β² FN + FP), with half a sample added where a count is zero.
function fBeta(page, model, k, beta) {
  const { right, actual, predicted } = page.matrix(model);
  const square = beta * beta;
  const [tp, fn, fp] = [right[k], actual[k] - right[k], predicted[k] - right[k]];
  if (actual[k] + predicted[k] === 0) return null;
  const value = ((1 + square) * tp) / ((1 + square) * tp + square * fn + fp);
  const add = tp && (fn || fp) ? 0 : 0.5;
  const [t, n, p] = [tp + add, fn + add, fp + add];
  const wrong = square * n + p;
  const logit = Math.log((1 + square) * t) - Math.log(wrong);
  const error = page.data.z * Math.sqrt(1 / t + (square * square * n + p) / (wrong * wrong));
  const back = (place) => 1 / (1 + Math.exp(-place));
  return [value, Math.min(value, back(logit - error)), Math.max(value, back(logit + error))];
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
