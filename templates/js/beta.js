// The β curves, the values at the β that the slider stands on, and who leads there: as the mean
// over the classes, with the band and the judgement that come with the page, or for one class.
function beta(page, plotting) {
  const { data, K } = page;
  const MANY = 30;
  const grid = data.betas;
  const values = make("p", { class: "legend" });
  const lead = make("p", { class: "prose", "aria-live": "polite" });
  const state = { beta: grid.reduce((best, beta) => (Math.abs(Math.log(beta)) < Math.abs(Math.log(best)) ? beta : best), grid[0]), k: null };

  const percents = (numbers) => numbers.map((number) => 100 * number);

  function ofClass(k) {
    return data.models.flatMap((_, m) => {
      const found = grid.map((beta) => fBeta(page, m, k, beta));
      if (!found[0]) return [];
      const hasBand = found.every(([, low]) => low !== null);
      const bounds = found.map(([value, low, high]) => percents(hasBand ? [low, high] : [value, value]));
      return [
        ...(hasBand ? [modelBand(page, m, grid, bounds)] : []),
        { ...modelLine(page, m, 2), x: grid, y: percents(found.map(([value]) => value)), customdata: bounds, hoverinfo: "none", meta: { model: m, what: data.classes[k], x: "β", y: "F, %" } },
      ];
    });
  }

  function changed(figure) {
    const { layout } = figure;
    const shapes = [{ type: "line", x0: state.beta, x1: state.beta, yref: "paper", y0: 0, y1: 1, line: { color: "var(--soft)", width: 1 } }];
    if (state.k === null) return { ...figure, layout: { ...layout, shapes } };
    const title = { ...layout.yaxis.title, text: "Fβ of the class, %" };
    return { ...figure, traces: ofClass(state.k), layout: { ...layout, shapes, yaxis: { ...layout.yaxis, title } } };
  }

  const added = plotting?.addFigure("beta-curves", changed);

  // Each model's value at β with its interval, or null where its class is undefined.
  function estimates() {
    const place = grid.indexOf(state.beta);
    return data.curves.map((curve, m) => (state.k === null
      ? [curve.values[place], curve.low[place], curve.high[place]]
      : fBeta(page, m, state.k, state.beta)));
  }

  function leader(found) {
    const ranked = found.map((_, m) => m).filter((m) => found[m]).toSorted((a, b) => found[b][0] - found[a][0]);
    if (ranked.length < 2) return "";
    const [best, second] = ranked;
    const gap = found[best][0] - found[second][0];
    const where = `At β = ${shortBeta(state.beta)} `;
    if (gap < 1e-9) return `${where}the highest are equal.`;
    const ahead = [where, make("bdi", {}, data.models[best].name), ` is ahead by ${points(gap).replace("+", "")} points`];
    if (state.k !== null) return [...ahead, " in ", make("bdi", {}, data.classes[state.k]), "; each band is a model’s own and does not judge the difference."];
    const pair = data.pairs.find((p) => [p.first, p.second].includes(best) && [p.first, p.second].includes(second));
    const range = pair?.leads.find(([low, high, who]) => low <= state.beta && state.beta <= high && who === best);
    return [...ahead, `, ${range?.[3] ? "a significant difference" : "not a significant difference"}.`];
  }

  function show() {
    const found = estimates();
    values.replaceChildren(...found.map((estimate, m) => make("span", {}, modelName(page, m), estimate ? ` ${percent(estimate[0])} ` : " n/a",
      make("small", {}, estimate ? intervalText(estimate) : ""))));
    lead.replaceChildren(...[leader(found)].flat());
    added?.redraw();
  }

  const choose = (k) => { state.k = k; show(); };
  const chooser = K > MANY
    ? finder(page, "Curve of class", choose)
    : dropdown("Curve of", [["", "all classes: macro F"], ...data.classes.map((name, k) => [k, name])], "", (k) => choose(k === "" ? null : Number(k)));
  document.getElementById("beta-legend").hidden = true;
  document.getElementById("beta-control").append(make("div", { class: "toolbar" }, chooser, betaSlider(page)), values, lead);
  page.on("beta", (beta) => { state.beta = beta; show(); });
  show();
}
