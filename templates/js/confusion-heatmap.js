// A matrix as Plotly draws it: a heatmap with digits, or one picture where cells are many.
function makeHeatmaps(page, plotting, matrices, { state, reach, host }) {
  const { K, data } = page;
  const { isChange, hidden, strength, grid, level } = matrices;
  const frame = page.figures["confusion-matrix"];
  // From here on a cell is about a pixel, and a trace of a million cells would hold up the page.
  const PICTURE = 200;
  const SHADES = 256;
  const FEWEST = 25;

  const ruler = document.createElement("canvas").getContext("2d");
  // Plotly reads tags and entities in its labels: a name must reach it with neither.
  const plain = (name) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  function labelRoom(size) {
    ruler.font = `${size}px system-ui, sans-serif`;
    const longest = Math.max(...data.classes.slice(0, 400).map((name) => ruler.measureText(name).width));
    return Math.min(Math.ceil(longest) + 8, 100);
  }

  function fitted(name, room, size) {
    ruler.font = `${size}px system-ui, sans-serif`;
    if (ruler.measureText(name).width <= room) return plain(name);
    let kept = [...name];
    while (kept.length && ruler.measureText(`${kept.join("")}…`).width > room) kept = kept.slice(0, -1);
    return `${plain(kept.join(""))}…`;
  }

  // The ink that the style sheet gives to a level, in the theme that is on.
  const probe = document.createElement("td");
  probe.hidden = true;
  host.append(probe);
  function inkOf(name) {
    probe.className = name;
    return getComputedStyle(probe).color;
  }

  function digits(figure, order, size) {
    const change = isChange(figure);
    const { values } = grid(figure);
    const top = reach(figure);
    const inks = new Map();
    const inkAt = (name) => inks.get(name) ?? inks.set(name, inkOf(name)).get(name);
    const cells = order.flatMap((i, r) => order.map((j, c) => ({ i, j, r, c, n: values[i * K + j] }))).filter(({ i, j }) => !hidden(i, j));
    return {
      type: "scatter",
      mode: "text",
      x: cells.map(({ c }) => c),
      y: cells.map(({ r }) => r),
      text: cells.map(({ n }) => matrices.asText(n, change)),
      textfont: { size, color: cells.map(({ n }) => inkAt(level(strength(n) / top, change))) },
      hoverinfo: "skip",
    };
  }

  function cells(figure, order, size) {
    const change = isChange(figure);
    const { values } = grid(figure);
    const top = reach(figure);
    return {
      ...frame.trace,
      z: order.map((i) => Float32Array.from(order, (j) => (hidden(i, j) ? NaN : strength(values[i * K + j])))),
      zmin: change ? -top : 0,
      zmax: top,
      colorscale: change ? frame.diverging : frame.sequential,
      ...(size < 6 ? { xgap: 0, ygap: 0 } : {}),
    };
  }

  // The colours of a scale, one a shade, as a canvas blends them.
  function ramp(scale) {
    const canvas = make("canvas", { width: SHADES, height: 1 });
    const context = canvas.getContext("2d");
    const gradient = context.createLinearGradient(0, 0, SHADES, 0);
    plotting.coloured(scale).forEach(([place, colour]) => gradient.addColorStop(place, colour));
    context.fillStyle = gradient;
    context.fillRect(0, 0, SHADES, 1);
    return new Uint32Array(context.getImageData(0, 0, SHADES, 1).data.buffer);
  }

  function picture(figure, order, size) {
    const change = isChange(figure);
    const { values } = grid(figure);
    const top = reach(figure);
    const shades = ramp(change ? frame.diverging : frame.sequential);
    const canvas = make("canvas", { width: K, height: K });
    const context = canvas.getContext("2d");
    const image = context.createImageData(K, K);
    const pixels = new Uint32Array(image.data.buffer);
    for (let r = 0; r < K; r += 1) {
      for (let c = 0; c < K; c += 1) {
        if (hidden(order[r], order[c])) continue;
        const fraction = strength(values[order[r] * K + order[c]]) / top;
        pixels[r * K + c] = shades[Math.round((change ? (fraction + 1) / 2 : fraction) * (SHADES - 1))];
      }
    }
    context.putImageData(image, 0, 0);
    return { type: "image", source: canvas.toDataURL(), hoverinfo: "none", zsmooth: size < 1 ? "fast" : false };
  }

  // Traces and layout of a figure at a width; notes on it where its cells lie.
  return (figure, width) => {
    const order = matrices.order();
    const span = state.around === null ? K : Math.min(K, FEWEST);
    const start = state.around === null ? 0
      : Math.min(Math.max(0, order.indexOf(state.around) - Math.floor(FEWEST / 2)), K - span);
    const roomy = (width - 96) / span >= 9;
    const room = roomy ? labelRoom(11) : 0;
    const margin = { l: room + 4, t: room + 4, r: 1, b: 1 };
    const size = Math.min((width - margin.l - margin.r) / span, 46);
    const ticks = roomy ? {
      tickvals: order.map((_, place) => place),
      ticktext: order.map((k) => fitted(data.classes[k], room - 6, 11)),
    } : { showticklabels: false };
    const range = [start - 0.5, start + span - 0.5];
    const { xaxis, yaxis, ...layout } = frame.layout;
    figure.geometry = { margin };
    const traces = K > PICTURE ? [picture(figure, order, size)] : [cells(figure, order, size)];
    if (size >= 14 && K <= PICTURE) traces.push(digits(figure, order, Math.min(12.5, size * 0.48)));
    return {
      traces,
      layout: {
        ...layout,
        margin,
        height: margin.t + margin.b + size * span,
        xaxis: { ...xaxis, ...ticks, range, domain: [0, (size * span) / (width - margin.l - margin.r)] },
        yaxis: { ...yaxis, ...ticks, range: [range[1], range[0]], autorange: false, scaleanchor: false },
      },
    };
  };
}
