// The matrices: one view, one scale and one order for all; Plotly draws over the tables.
function confusion(page, plotting, tooltip) {
  const { K, data } = page;
  const DIGITS = 30;
  const host = document.getElementById("matrices");
  const note = document.getElementById("matrices-note");
  const first = data.pairs[data.leadingPair];
  const state = {
    view: "actual",
    logarithmic: K > DIGITS,
    hideDiagonal: false,
    order: K > DIGITS ? "similar" : "declared",
    tables: false,
    first: first?.first,
    second: first?.second,
    around: null,
  };
  const views = {
    actual: { label: "By actual", unit: "%", note: "Rows actual, columns predicted. Share of each actual class, %: rows add to 100." },
    counts: { label: "Counts", unit: "", note: "Rows actual, columns predicted. Number of samples." },
    predicted: { label: "By predicted", unit: "%", note: "Rows actual, columns predicted. Share of each predicted class, %: columns add to 100." },
    all: { label: "Share of all", unit: "%", note: "Rows actual, columns predicted. Share of all samples, %." },
  };

  const declared = data.classes.map((_, k) => k);
  const orders = {
    declared: () => declared,
    similar: () => data.similar,
    recall: () => declared.toSorted((a, b) => recall(b) - recall(a)),
    support: () => declared.toSorted((a, b) => data.support[b] - data.support[a]),
  };
  const recall = (k) => data.models.reduce((sum, _, m) => {
    const { right, actual } = page.matrix(m);
    return sum + (actual[k] ? right[k] / actual[k] : 0);
  }, 0);

  // The values of one matrix, or of the difference of two, row by row in the declared order.
  function valuesOf(model) {
    const { cells, actual, predicted } = page.matrix(model);
    if (state.view === "counts") return cells;
    if (state.view === "all") return cells.map((n) => n / data.samples);
    const total = state.view === "actual" ? (i) => actual[Math.floor(i / K)] : (i) => predicted[i % K];
    return cells.map((n, i) => (n ? n / total(i) : 0));
  }

  const isChange = (figure) => figure.second !== undefined;
  const hidden = (i, j) => state.hideDiagonal && i === j;

  // Colour follows the logarithm where asked: a cell of one sample is then still seen.
  function strength(number) {
    if (!state.logarithmic) return number;
    return Math.sign(number) * Math.log1p(Math.abs(number) * (state.view === "counts" ? 1 : 1000));
  }

  let computed = new Map();

  // Values and the largest strength in sight, computed once for a view.
  function grid(figure) {
    if (!computed.has(figure)) {
      const first = valuesOf(figure.model);
      const values = isChange(figure) ? valuesOf(figure.second).map((n, i) => n - first[i]) : first;
      const top = values.reduce((most, n, i) => (state.hideDiagonal && i % (K + 1) === 0 ? most : Math.max(most, Math.abs(n))), 0);
      computed.set(figure, { values, top: strength(top) });
    }
    return computed.get(figure);
  }

  // One scale for all models, another for the difference.
  const reach = (figure) => Math.max(...figures.filter((other) => isChange(other) === isChange(figure)).map((other) => grid(other).top)) || 1;

  const withSign = (number, text) => (number > 0 ? `+${text}` : text);
  function asText(number, change) {
    if (state.view === "counts") return change ? withSign(number, signed(count(number))) : count(number);
    return change ? points(number, 0) : percent(number, 0);
  }
  function exact(number) {
    return state.view === "counts" ? withSign(number, signed(count(number))) : `${points(number, 2)} points`;
  }

  const figures = [...host.querySelectorAll("figure")].map((element, position) => {
    const { model, first: from, second } = element.dataset;
    const stage = element.querySelector(".stage");
    return {
      element,
      stage,
      table: element.querySelector("table"),
      plot: make("div", { class: "plot", id: `confusion-${position}`, hidden: true }),
      caption: element.querySelector("figcaption"),
      note: element.querySelector(".note"),
      model: Number(model ?? from),
      second: second === undefined ? undefined : Number(second),
      cell: null,
      drawn: false,
    };
  });

  const columns = () => orders[state.order]();

  function describe(figure, i, j) {
    const rows = [["actual", data.classes[i]], ["predicted", data.classes[j]]];
    const models = figure.second === undefined ? [figure.model] : [figure.model, figure.second];
    for (const m of models) {
      const { cells, actual, predicted } = page.matrix(m);
      const n = cells[i * K + j];
      if (models.length > 1) rows.push(data.models[m].name);
      rows.push(["samples", count(n)]);
      rows.push(["of actual", actual[i] ? `${percent(n / actual[i], 2)} %` : "n/a"]);
      rows.push(["of predicted", predicted[j] ? `${percent(n / predicted[j], 2)} %` : "n/a"]);
    }
    if (models.length > 1) rows.push(["difference", exact(grid(figure).values[i * K + j])]);
    return rows;
  }

  // --- tables -----------------------------------------------------------------------------

  function fillTable(figure) {
    if (!figure.table) return;
    const order = columns();
    const change = isChange(figure);
    const { values } = grid(figure);
    const top = reach(figure);
    const names = (cells) => cells.forEach((cell, place) => { cell.querySelector("bdi").textContent = data.classes[order[place]]; });
    names([...figure.table.tHead.rows[0].cells].slice(1));
    names([...figure.table.tBodies[0].rows].map((row) => row.cells[0]));
    [...figure.table.tBodies[0].rows].forEach((row, r) => {
      [...row.cells].slice(1).forEach((cell, c) => {
        const [i, j] = [order[r], order[c]];
        const number = values[i * K + j];
        cell.textContent = hidden(i, j) ? "" : asText(number, change);
        cell.className = hidden(i, j) ? "" : level(strength(number) / top, change);
      });
    });
  }

  function level(fraction, change) {
    if (!change) return `s${Math.round(fraction * 31)}`;
    const step = Math.round(fraction * 8);
    return step < 0 ? `e${-step}` : `d${step}`;
  }

  // --- heatmaps ---------------------------------------------------------------------------

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

  function digits(figure, top, size) {
    const order = columns();
    const change = isChange(figure);
    const { values } = grid(figure);
    const inks = new Map();
    const inkAt = (name) => inks.get(name) ?? inks.set(name, inkOf(name)).get(name);
    const cells = order.flatMap((i, r) => order.map((j, c) => ({ i, j, r, c, n: values[i * K + j] }))).filter(({ i, j }) => !hidden(i, j));
    return {
      type: "scatter",
      mode: "text",
      x: cells.map(({ c }) => c),
      y: cells.map(({ r }) => r),
      text: cells.map(({ n }) => asText(n, change)),
      textfont: { size, color: cells.map(({ n }) => inkAt(level(strength(n) / top, change))) },
      hoverinfo: "skip",
    };
  }

  function heatmap(figure, width) {
    const frame = page.figures["confusion-matrix"];
    const change = isChange(figure);
    const order = columns();
    const { values } = grid(figure);
    const top = reach(figure);
    const span = state.around === null ? K : Math.min(K, 25);
    const start = state.around === null ? 0
      : Math.min(Math.max(0, order.indexOf(state.around) - 12), K - span);
    const roomy = (width - 96) / span >= 9;
    const room = roomy ? labelRoom(11) : 0;
    const margin = { l: room + 4, t: room + 4, r: 1, b: 1 };
    const size = Math.min((width - margin.l - margin.r) / span, 46);
    const withDigits = size >= 14;
    const z = order.map((i) => Float32Array.from(order, (j) => (hidden(i, j) ? NaN : strength(values[i * K + j]))));
    const ticks = roomy ? {
      tickvals: order.map((_, place) => place),
      ticktext: order.map((k) => fitted(data.classes[k], room - 6, 11)),
    } : { showticklabels: false };
    const range = [start - 0.5, start + span - 0.5];
    const { xaxis, yaxis, ...layout } = frame.layout;
    figure.geometry = { margin, size };
    return {
      traces: [{
        ...frame.trace,
        z,
        zmin: change ? -top : 0,
        zmax: top,
        colorscale: change ? frame.diverging : frame.sequential,
        ...(size < 6 ? { xgap: 0, ygap: 0 } : {}),
      }, ...(withDigits ? [digits(figure, top, Math.min(12.5, size * 0.48))] : [])],
      layout: {
        ...layout,
        margin,
        height: margin.t + margin.b + size * span,
        xaxis: { ...xaxis, ...ticks, range, domain: [0, (size * span) / (width - margin.l - margin.r)] },
        yaxis: { ...yaxis, ...ticks, range: [range[1], range[0]], autorange: false },
      },
    };
  }

  // --- reading cells by pointer and by key ------------------------------------------------

  function placeOf(figure, r, c) {
    if (figure.drawn && !state.tables) {
      const box = figure.plot.getBoundingClientRect();
      const { xaxis, yaxis } = figure.plot.layout;
      const { margin } = figure.geometry;
      const wide = box.width - margin.l - margin.r;
      const x = ((c - xaxis.range[0]) / (xaxis.range[1] - xaxis.range[0])) * wide * xaxis.domain[1];
      const y = ((r - yaxis.range[1]) / (yaxis.range[0] - yaxis.range[1])) * (box.height - margin.t - margin.b);
      return [box.left + margin.l + x, box.top + margin.t + y];
    }
    const box = figure.table.tBodies[0].rows[r].cells[c + 1].getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  }

  function readCell(figure, r, c, spoken) {
    const order = columns();
    const [x, y] = placeOf(figure, r, c);
    tooltip.show(x, y, describe(figure, order[r], order[c]), { spoken });
  }

  function listen(figure) {
    const { stage } = figure;
    stage.tabIndex = 0;
    stage.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const [r, c] = figure.cell ?? [0, 0];
      const inside = (place) => Math.min(Math.max(place, 0), K - 1);
      figure.cell = figure.cell ? [inside(r + step[0]), inside(c + step[1])] : [0, 0];
      readCell(figure, ...figure.cell, true);
    });
    stage.addEventListener("blur", tooltip.hide);
    figure.table?.addEventListener("mousemove", (event) => {
      const cell = event.target.closest("td");
      if (!cell) return tooltip.hide();
      const order = columns();
      return tooltip.show(event.clientX, event.clientY,
        describe(figure, order[cell.parentElement.rowIndex - 1], order[cell.cellIndex - 1]));
    });
    figure.table?.addEventListener("mouseleave", tooltip.hide);
  }

  // --- controls ---------------------------------------------------------------------------

  function name(figure) {
    const change = isChange(figure);
    const { unit } = views[state.view];
    const label = change
      ? `Difference of the confusion matrices of ${data.models[figure.second].name} and ${data.models[figure.model].name}`
      : `Confusion matrix of ${data.models[figure.model].name}`;
    figure.stage.setAttribute("role", "group");
    figure.stage.setAttribute("aria-label", `${label}. Arrow keys read the cells.`);
    if (!change) return;
    const bdi = (position) => make("bdi", {}, data.models[position].name);
    figure.caption.replaceChildren(bdi(figure.second), " − ", bdi(figure.model));
    figure.note.replaceChildren(`Difference${unit ? " in points" : ""}. Orange: `, bdi(figure.second), " more often; blue: ", bdi(figure.model), ".");
  }

  function update() {
    computed = new Map();
    note.textContent = views[state.view].note;
    for (const figure of figures) {
      if (isChange(figure)) [figure.model, figure.second] = [state.first, state.second];
    }
    for (const figure of figures) {
      name(figure);
      fillTable(figure);
      showEither(figure);
      figure.added?.redraw();
    }
  }

  // The heatmap once it is drawn, the table until then or where it is asked for.
  function showEither(figure) {
    const drawn = figure.drawn && !state.tables;
    figure.plot.hidden = figure.drawn && state.tables;
    if (figure.table) figure.table.hidden = drawn;
  }

  function set(change) {
    Object.assign(state, change);
    update();
  }

  function controls() {
    const models = data.models.map((model, position) => [position, model.name]);
    const parts = [
      choice("Numbers", Object.entries(views).map(([key, view]) => [key, view.label]), state.view, (view) => set({ view })),
      checkbox("Hide the diagonal", state.hideDiagonal, (hideDiagonal) => set({ hideDiagonal })),
      checkbox("Logarithmic colours", state.logarithmic, (logarithmic) => set({ logarithmic })),
    ];
    if (K > 2) {
      parts.push(dropdown("Order", [["declared", "as declared"], ["similar", "confused together"], ["recall", "by recall"], ["support", "by support"]], state.order, (order) => set({ order })));
    }
    if (data.models.length > 2) {
      parts.push(dropdown("Difference of", models, state.second, (second) => set({ second: Number(second) })));
      parts.push(dropdown("and", models, state.first, (from) => set({ first: Number(from) })));
    }
    if (plotting && K <= DIGITS) parts.push(checkbox("As tables", false, (tables) => set({ tables })));
    if (K > DIGITS && plotting) parts.push(finder(page, "Zoom to class", (around) => set({ around })));
    note.before(make("div", { class: "toolbar" }, ...parts));
  }

  figures.forEach((figure) => {
    listen(figure);
    if (!plotting) return;
    figure.stage.append(figure.plot);
    figure.plot.hidden = false;
    figure.added = plotting.add(figure.plot, {
      figure: (width) => heatmap(figure, width),
      near: figure.stage,
      hover: (event) => {
        const order = columns();
        const { x, y } = event.points[0];
        if (event.event) tooltip.show(event.event.clientX, event.event.clientY, describe(figure, order[y], order[x]));
      },
      ready: () => {
        figure.drawn = true;
        showEither(figure);
      },
      label: "Heatmap",
      keys: false,
    });
  });
  if (K > DIGITS && !plotting) host.parentElement.hidden = true;
  else controls();
  update();
}

// A text field that finds a class by typing; an empty field means all of them.
function finder(page, label, act) {
  const id = `classes-${label.toLowerCase().replace(/\W+/g, "-")}`;
  const list = make("datalist", { id }, ...page.data.classes.map((name) => make("option", { value: name })));
  const input = make("input", { type: "search", list: id, autocomplete: "off", size: 14, oninput: () => {
    const typed = input.value.trim().toLowerCase();
    const exact = page.data.classes.findIndex((name) => name.toLowerCase() === typed);
    const found = exact >= 0 ? exact : page.data.classes.findIndex((name) => name.toLowerCase().includes(typed));
    act(typed && found >= 0 ? found : null);
  } });
  return make("label", {}, label, input, list);
}
