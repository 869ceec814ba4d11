// A matrix as Plotly draws it: a heatmap with digits, or with a colour bar where they do not fit.
function makeHeatmaps(page, plotting, matrices, { limits, host }) {
  const { data } = page;
  const { isChange, hidden, strength, grid } = matrices;
  const frame = page.figures["confusion-matrix"];
  const TITLE = 20;
  const BAR = 30;

  const ruler = document.createElement("canvas").getContext("2d");
  // Plotly reads tags and entities in its labels: a name must reach it with neither.
  const plain = (name) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  // The ink that the style sheet gives to a level, in the theme that is on.
  const probe = document.createElement("td");
  probe.hidden = true;
  host.append(probe);
  function inkOf(name) {
    probe.className = name;
    return getComputedStyle(probe).color;
  }

  // The cells that are not hidden, each with its place.
  const placed = (figure, order) => grid(figure).values
    .map((n, place) => ({ n, r: Math.floor(place / order.length), c: place % order.length }))
    .filter(({ r, c }) => !hidden(order[r], order[c]));

  function digits(figure, order, size) {
    const change = isChange(figure);
    const { top } = limits(figure);
    const inks = new Map();
    const inkAt = (name) => inks.get(name) ?? inks.set(name, inkOf(name)).get(name);
    const cells = placed(figure, order);
    return {
      type: "scatter",
      mode: "text",
      x: cells.map(({ c }) => c),
      y: cells.map(({ r }) => r),
      text: cells.map(({ n }) => matrices.asText(n, change)),
      textfont: { size, color: cells.map(({ n }) => inkAt(cellLevel(strength(n) / top, change))) },
      hoverinfo: "skip",
    };
  }

  function heatmap(figure, order, showscale) {
    const change = isChange(figure);
    const { top, largest } = limits(figure);
    const z = order.map(() => new Float32Array(order.length).fill(NaN));
    placed(figure, order).forEach(({ n, r, c }) => { z[r][c] = strength(n); });
    const ends = change ? [-1, 0, 1] : [0, 1];
    return {
      ...frame.trace,
      z,
      zmin: change ? -top : 0,
      zmax: top,
      colorscale: change ? frame.diverging : frame.sequential,
      showscale,
      colorbar: { ...frame.trace.colorbar, tickvals: ends.map((end) => end * top), ticktext: ends.map((end) => matrices.asText(end * largest, change)) },
    };
  }

  // Traces and layout of a figure at a width; notes on it where its cells lie.
  return (figure, width) => {
    const order = matrices.order();
    const K = order.length;
    ruler.font = "11px system-ui, sans-serif";
    const names = order.map((k) => fittedName(ruler, data.classes[k], 94));
    const room = TITLE + 12 + Math.ceil(Math.max(...names.map((name) => ruler.measureText(name).width)));
    const hasDigits = (width - room - 1) / K >= 14;
    const margin = { l: room, t: room, r: hasDigits ? 1 : 14, b: hasDigits ? 1 : BAR };
    const size = Math.min((width - room - margin.r) / K, 46);
    const ticks = { tickvals: order.map((_, place) => place), ticktext: names.map(plain) };
    const { xaxis, yaxis, ...layout } = frame.layout;
    const range = [-0.5, K - 0.5];
    figure.geometry = { margin };
    return {
      traces: [heatmap(figure, order, !hasDigits), ...(hasDigits ? [digits(figure, order, Math.min(12.5, size * 0.48))] : [])],
      layout: {
        ...layout,
        margin,
        height: margin.t + margin.b + size * K,
        xaxis: { ...xaxis, ...ticks, range, domain: [0, (size * K) / (width - margin.l - margin.r)] },
        yaxis: { ...yaxis, ...ticks, range: [range[1], range[0]], autorange: false, scaleanchor: false },
      },
    };
  };
}
