// The β curves, the values at the β that the slider stands on, and who leads there: as the mean
// over the classes, with the band and the judgement that come with the page, or for one class.
// Of groups the lines are means over runs, which have no band.
function beta(page, plotting) {
  const { data, K } = page;
  const MANY = 30;
  const grid = data.betas;
  const groups = data.groupRuns;
  const values = make("p", { class: "legend" });
  const lead = make("p", { class: "prose", "aria-live": "polite" });
  const state = { beta: grid.reduce((best, beta) => (Math.abs(Math.log(beta)) < Math.abs(Math.log(best)) ? beta : best), grid[0]), k: null };

  // A model's value at a place of the grid with its interval, or null where it is undefined.
  function ofModel(m, place) {
    if (state.k !== null) return fBeta(page, m, state.k, grid[place]);
    const { values, low, high } = data.curves[m];
    return values[place] === null ? null : [values[place], low[place], high[place]];
  }

  function ofGroup(runs, place) {
    const known = runs.map((m) => ofModel(m, place)).filter(Boolean);
    return known.length ? [known.reduce((sum, [value]) => sum + value, 0) / known.length, null, null] : null;
  }

  const names = groups ? data.groups : data.models.map(({ name }) => name);
  const estimateOf = (i, place) => (groups ? ofGroup(groups[i], place) : ofModel(i, place));
  const named = (i) => make("span", { class: "model" }, make("i", { class: data.models[i].css }), make("bdi", {}, names[i]));
  const percents = (numbers) => numbers.map((number) => (number === null ? null : 100 * number));

  function lines(i) {
    const found = grid.map((_, place) => estimateOf(i, place));
    if (!found[0]) return [];
    const hasBand = found.every((estimate) => estimate?.[1] != null);
    const bounds = found.map((estimate) => percents(hasBand ? estimate.slice(1) : [estimate?.[0] ?? null, estimate?.[0] ?? null]));
    const what = [...(groups ? ["mean over runs"] : []), ...(state.k === null ? [] : [data.classes[state.k]])].join(", ");
    const runs = (groups?.[i] ?? []).map((m) => ({ ...modelLine(page, i, 1, 0.35), x: grid, y: percents(grid.map((_, place) => ofModel(m, place)?.[0] ?? null)), hoverinfo: "skip" }));
    return [
      ...(hasBand ? [modelBand(page, i, grid, bounds)] : []),
      ...runs,
      { ...modelLine(page, i, groups ? 2.5 : 2), x: grid, y: percents(found.map((estimate) => estimate?.[0] ?? null)), ...(groups ? {} : { customdata: bounds }), hoverinfo: "none",
        meta: { [groups ? "group" : "model"]: i, what, x: "β", y: "F, %" } },
    ];
  }

  function changed(figure) {
    const { layout } = figure;
    const shapes = [{ type: "line", x0: state.beta, x1: state.beta, yref: "paper", y0: 0, y1: 1, line: { color: "var(--soft)", width: 1 } }];
    if (state.k === null && !groups) return { ...figure, layout: { ...layout, shapes } };
    const title = state.k === null ? layout.yaxis.title : { ...layout.yaxis.title, text: "Fβ of the class, %" };
    return { ...figure, traces: names.flatMap((_, i) => lines(i)), layout: { ...layout, shapes, yaxis: { ...layout.yaxis, title } } };
  }

  const added = plotting?.addFigure("beta-curves", changed);

  function leader(found) {
    const ranked = found.map((_, i) => i).filter((i) => found[i]).toSorted((a, b) => found[b][0] - found[a][0]);
    if (ranked.length < 2) return "";
    const [best, second] = ranked;
    const gap = found[best][0] - found[second][0];
    const where = `At β = ${shortBeta(state.beta)} `;
    if (gap < 1e-9) return `${where}the highest are equal.`;
    const name = make("bdi", {}, names[best]);
    const size = `${points(gap).replace("+", "")} points`;
    const inClass = state.k === null ? [] : [' in "', make("bdi", {}, data.classes[state.k]), '"'];
    if (groups) return [where, "the mean of ", name, " is the highest, by ", size, ...inClass, "."];
    const ahead = [where, name, ` is ahead by ${size}`];
    if (state.k !== null) return [...ahead, ...inClass, "; each band is a model’s own and does not judge the difference."];
    const pair = data.pairs.find((p) => [p.first, p.second].includes(best) && [p.first, p.second].includes(second));
    const range = pair?.leads.find(([low, high, who]) => low <= state.beta && state.beta <= high && who === best);
    return [...ahead, `, ${range?.[3] ? "a significant difference" : "not a significant difference"}.`];
  }

  function show() {
    const found = names.map((_, i) => estimateOf(i, grid.indexOf(state.beta)));
    values.replaceChildren(...found.map((estimate, i) => make("span", {}, named(i), estimate ? ` ${percent(estimate[0])} ` : " n/a",
      make("small", {}, estimate ? intervalText(estimate) : ""))));
    lead.replaceChildren(...[leader(found)].flat());
    added?.redraw();
  }

  const choose = (k) => { state.k = k; show(); };
  const chooser = K > MANY
    ? finder(page, "Curve of class", choose)
    : dropdown("Curve of", [["", "all classes: macro F"], ...data.classes.map((name, k) => [k, name])], "", (k) => choose(k === "" ? null : Number(k)));
  document.getElementById("beta-legend").hidden = true;
  document.getElementById("beta-control").append(make("div", { class: "toolbar" }, chooser, betaSlider(page)), lead, values);
  page.on("beta", (beta) => { state.beta = beta; show(); });
  show();
}
