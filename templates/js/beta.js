// The β curves, the values at the β that the slider stands on, and who leads there.
function beta(page, plotting) {
  const { data } = page;
  const grid = data.curves[0].betas;
  const values = make("p", { class: "legend" });
  const lead = make("p", { class: "prose", "aria-live": "polite" });
  let chosen = 1;

  const added = plotting?.addFigure("beta-curves", (figure) => ({
    ...figure,
    layout: { ...figure.layout, shapes: [{ type: "line", x0: chosen, x1: chosen, yref: "paper", y0: 0, y1: 1, line: { color: "var(--soft)", width: 1 } }] },
  }));

  function leader(place) {
    const best = data.curves.reduce((top, curve, m) => (curve.values[place] > data.curves[top].values[place] ? m : top), 0);
    const others = data.curves.filter((_, m) => m !== best).map((curve) => curve.values[place]);
    if (!others.length) return "";
    const gap = data.curves[best].values[place] - Math.max(...others);
    if (gap < 1e-9) return `At β = ${shortBeta(chosen)} the highest are equal.`;
    const second = data.curves.findIndex((curve, m) => m !== best && curve.values[place] === Math.max(...others));
    const pair = data.pairs.find((p) => [p.first, p.second].includes(best) && [p.first, p.second].includes(second));
    const range = pair?.leads.find(([low, high, who]) => low <= chosen && chosen <= high && who === best);
    const doubt = range?.[3] ? "and the interval of the difference excludes zero" : "but the interval of the difference includes zero";
    return [`At β = ${shortBeta(chosen)} `, make("bdi", {}, data.models[best].name), ` is ahead by ${points(gap).replace("+", "")} points, ${doubt}.`];
  }

  function show(beta) {
    chosen = beta;
    const place = grid.indexOf(beta);
    values.replaceChildren(...data.models.flatMap((_, m) => {
      const curve = data.curves[m];
      return [make("span", {}, modelName(page, m), ` ${percent(curve.values[place])} `,
        make("small", {}, `${percent(curve.low[place])}–${percent(curve.high[place])}`))];
    }));
    lead.replaceChildren(...[leader(place)].flat());
    added?.redraw();
  }

  document.getElementById("beta-legend").hidden = true;
  document.getElementById("beta-control").append(make("div", { class: "toolbar" }, betaSlider(page)), values, lead);
  page.on("beta", show);
  show(grid.reduce((best, beta) => (Math.abs(Math.log(beta)) < Math.abs(Math.log(best)) ? beta : best), grid[0]));
}
