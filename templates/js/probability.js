// ROC and precision–recall curves of one class with a band, or of all classes with their mean.
function probability(page, plotting) {
  const { data, K, figures } = page;
  plotting.addFigure("probability-reliability");
  plotting.addFigure("probability-histogram");
  if (!figures["probability-roc"]) return;
  const ALL = "all";
  let chosen = K === 2 ? String(data.positive ?? 1) : ALL;

  // Wilson's interval of a share of `n` samples, in percent.
  function wilson(share, n) {
    const square = data.z * data.z;
    const p = share / 100;
    const centre = (p + square / (2 * n)) / (1 + square / n);
    const half = (data.z / (1 + square / n)) * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n));
    return [100 * (centre - half), 100 * (centre + half)];
  }

  const heights = (curve, places) => {
    let i = 0;
    return places.map((x) => {
      while (i + 1 < curve[0].length && curve[0][i + 1] <= x) i += 1;
      const [x0, x1, y0, y1] = [curve[0][i], curve[0][i + 1], curve[1][i], curve[1][i + 1]];
      return x1 === undefined || x1 === x0 ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
    });
  };
  const rising = (curve) => (curve[0][0] <= curve[0].at(-1) ? curve : curve.map((side) => side.toReversed()));

  // At recall 0 precision is that of the one highest score: the mean begins after it.
  function meanOf(curves, m, axes, from) {
    const known = curves.filter(Boolean).map(rising);
    if (!known.length) return [];
    const places = Array.from({ length: 101 - from }, (_, i) => i + from);
    const rows = known.map((curve) => heights(curve, places));
    const mean = places.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
    const thin = known.slice(0, 30).map(([x, y]) => ({ ...modelLine(page, m, 1, 0.25), x, y, hoverinfo: "skip" }));
    return [...thin, { ...modelLine(page, m, 2.5), x: places, y: mean, hoverinfo: "none", meta: { model: m, what: "mean over the classes", ...axes } }];
  }

  function one(curve, m, k, axes, trials) {
    if (!curve) return [];
    const [x, y] = rising(curve);
    const bounds = x.map((place, i) => wilson(y[i], Math.max(1, trials(place, y[i], data.support[k]))));
    return [
      modelBand(page, m, x, bounds),
      { ...modelLine(page, m, 2), x, y, customdata: bounds, hoverinfo: "none", meta: { model: m, what: data.classes[k], ...axes } },
    ];
  }

  const chart = (name, axes, trials, extra, from) => plotting.addFigure(name, (figure) => ({
    ...figure,
    traces: [...extra, ...Object.entries(figure.curves).flatMap(([m, curves]) => (chosen === ALL
      ? meanOf(curves, Number(m), axes, from)
      : one(curves[Number(chosen)], Number(m), Number(chosen), axes, trials)))],
  }));
  const chance = { type: "scatter", mode: "lines", x: [0, 100], y: [0, 100], hoverinfo: "skip", line: { color: "var(--soft)", width: 1, dash: "dot" } };
  // Recall is a share of the class's samples; precision one of those predicted: recall × P / precision.
  const charts = [
    chart("probability-roc", { x: "false positive rate, %", y: "recall, %" }, (_, __, n) => n, [chance], 0),
    chart("probability-pr", { x: "recall, %", y: "precision, %" }, (recall, precision, n) => (precision > 0 ? (recall * n) / precision : 1), [], 1),
  ];
  const options = [[ALL, "all, and their mean"], ...data.classes.map((name, k) => [k, name])];
  document.getElementById("probability-control").append(make("div", { class: "toolbar" },
    dropdown("Class", options, chosen, (value) => { chosen = value; charts.forEach((added) => added?.redraw()); })));
}
