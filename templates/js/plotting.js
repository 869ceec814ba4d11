// A model's line, and the area between the ends [low, high] of its intervals, which lies behind.
function modelLine(page, m, width, opacity = 1) {
  const { slot, dash } = page.data.models[m];
  return { type: "scatter", mode: "lines", opacity, line: { color: `var(--${slot})`, width, dash: width > 1 ? dash : "solid" } };
}

function modelBand(page, m, x, bounds) {
  const y = [...bounds.map(([, high]) => high), ...bounds.map(([low]) => low).toReversed()];
  return { type: "scatter", mode: "lines", x: [...x, ...x.toReversed()], y, fill: "toself", fillcolor: `var(--${page.data.models[m].slot}-band)`, line: { width: 0 }, hoverinfo: "skip" };
}

// Charts: the library is inflated once, a chart is drawn when it comes near, and again with the theme.
function makePlotting(page, tooltip) {
  const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", showTips: false };
  const charts = new Map();
  const waiting = new Map();
  const packed = document.getElementById("plotly-bundle");
  const onRequest = page.K > 100;
  let loading = null;

  async function load() {
    if (packed && !window.Plotly) await run(packed.id);
    await settled;
    if (!window.Plotly) throw new Error("no plotting library");
    return window.Plotly;
  }

  const library = () => (loading ??= load());

  // "var(--ink)" becomes the ink of the theme that is on.
  function coloured(value, style = getComputedStyle(document.documentElement)) {
    if (typeof value === "string") {
      return value.startsWith("var(") ? style.getPropertyValue(value.slice(4, -1)).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object" && !ArrayBuffer.isView(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    }
    return value;
  }

  function draw(chart) {
    const width = page.scripted.dataset.printing ? printedWidth(chart.element) : chart.element.clientWidth;
    if (!width) return null;
    const { traces, layout } = chart.figure(width);
    const style = getComputedStyle(document.documentElement);
    const touch = matchMedia("(pointer: coarse)").matches ? { dragmode: false } : {};
    const result = window.Plotly.react(
      chart.element,
      coloured(traces, style),
      { ...coloured(layout, style), ...touch, autosize: false, width },
      CONFIG,
    );
    if (!chart.drawn) {
      chart.drawn = true;
      chart.element.on("plotly_hover", (event) => chart.hover(event));
      chart.element.on("plotly_unhover", tooltip.hide);
      chart.element.on("plotly_click", (event) => chart.click(event));
      chart.element.addEventListener("mouseleave", tooltip.hide);
    }
    return result;
  }

  // Half a sheet of A4, or all of it.
  const printedWidth = (element) => (element.closest(".charts, .matrices") ? 320 : 660);

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const chart = waiting.get(target);
      if (isIntersecting && !chart.wanted) {
        chart.wanted = true;
        library().then(() => draw(chart)).then(chart.ready, chart.failed);
      }
    }
  }, { rootMargin: "400px" });

  // Draws into `element` whenever it is near; `figure(width)` returns traces and a layout.
  function add(element, { figure, hover = () => {}, click = () => {}, ready = () => {}, label, keys = true, near = element }) {
    const chart = { element, figure, hover, click, label, drawn: false, wanted: false };
    chart.ready = () => {
      if (!chart.actions) {
        chart.actions = saving(chart);
        const figure = element.closest("figure");
        if (figure) figure.append(chart.actions);
        else element.after(chart.actions);
      }
      ready();
    };
    chart.failed = () => { element.hidden = true; };
    charts.set(element.id, chart);
    element.hidden = false;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", label);
    if (keys) {
      element.tabIndex = 0;
      walk(chart);
    }
    waiting.set(near, chart);
    if (onRequest) askFor(chart);
    else seen.observe(near);
    return { redraw: () => { if (chart.drawn) draw(chart); }, chart };
  }

  // The library stops a page for about a second. One of many classes, whose matrices do without it,
  // asks first; all charts come with the first that is wanted.
  function askFor(chart) {
    chart.element.append(make("button", { type: "button", class: "ask", onclick: () => {
      for (const [near, { element }] of waiting) {
        element.querySelector(".ask").remove();
        seen.observe(near);
      }
    } }, "Draw the charts"));
  }

  // Arrow keys go from point to point and from curve to curve.
  function walk(chart) {
    let curve = -1;
    let point = 0;
    chart.element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
      const change = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
      if (!chart.drawn || (!step && !change)) return;
      event.preventDefault();
      const traces = chart.element.data;
      const curves = traces.map((_, i) => i).filter((i) => traces[i].hoverinfo !== "skip");
      const place = Math.max(0, curves.indexOf(curve)) + (curve < 0 ? 0 : change);
      curve = curves[(place + curves.length) % curves.length];
      const data = traces[curve];
      point = Math.min(Math.max(0, point + step), data.x.length - 1);
      // Plotly tells of a hover only where a pointer made it.
      const { xaxis, yaxis } = chart.element._fullLayout;
      chart.spoken = true;
      chart.hover({ points: [{ data, x: data.x[point], y: data.y[point], customdata: data.customdata?.[point], xaxis, yaxis }] });
      chart.spoken = false;
    });
    chart.element.addEventListener("blur", tooltip.hide);
  }

  function saving(chart) {
    const save = async (format) => {
      const { width, height } = chart.element.getBoundingClientRect();
      const address = await window.Plotly.toImage(chart.element, { format, width, height, scale: format === "png" ? 2 : 1 });
      saveAs(address, `${chart.element.id}.${format}`);
    };
    return make("p", { class: "actions" }, "Save as ",
      ...["svg", "png"].map((format) =>
        make("button", { type: "button", "aria-label": `${chart.label}: save as ${format.toUpperCase()}`, onclick: () => save(format) }, format.toUpperCase())));
  }

  // What a line chart says at a point: the model, then each axis by its name.
  function readout(chartOf) {
    return (event) => {
      const point = event.points[0];
      const meta = point.data.meta ?? {};
      const [low, high] = point.customdata ?? [];
      const box = chartOf().element.getBoundingClientRect();
      const x = event.event?.clientX ?? box.left + point.xaxis._offset + point.xaxis.d2p(point.x);
      const y = event.event?.clientY ?? box.top + point.yaxis._offset + point.yaxis.d2p(point.y);
      const number = (value) => count(Number(Number(value).toFixed(2)));
      tooltip.show(x, y, [
        ...(meta.model === undefined ? [] : [page.data.models[meta.model].name]),
        ...(meta.group === undefined ? [] : [page.data.groups[meta.group]]),
        ...(meta.what ? [meta.what] : []),
        [meta.x, number(point.x)],
        [meta.y, low === undefined ? number(point.y) : `${number(point.y)} (${number(low)}–${number(high)})`],
      ], { spoken: chartOf().spoken });
    };
  }

  // A chart whose traces Python made.
  function addFigure(name, change = (figure) => figure) {
    const element = document.getElementById(name);
    const figure = page.figures[name];
    if (!element || !figure) return null;
    const added = add(element, {
      figure: () => change(figure),
      hover: readout(() => added.chart),
      label: `${figure.label}. Arrow keys read the values.`,
    });
    return added;
  }

  const redrawAll = () => charts.forEach((chart) => { if (chart.drawn) draw(chart); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  document.addEventListener("theme", redrawAll);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    redrawAll();
  });
  // On paper every chart stands, in the light theme, whether or not it was ever scrolled to.
  addEventListener("beforeprint", () => {
    page.scripted.dataset.printing = "yes";
    if (window.Plotly) charts.forEach((chart) => draw(chart));
  });
  addEventListener("afterprint", () => {
    delete page.scripted.dataset.printing;
    redrawAll();
  });

  // Whoever prints before scrolling gets the charts too: paper cannot wait for the library.
  if (!onRequest) (window.requestIdleCallback ?? setTimeout)(() => library().catch(() => {}));
  if (linked) library().catch(() => charts.forEach((chart) => chart.failed()));
  return { add, addFigure, coloured: (value) => coloured(value) };
}
