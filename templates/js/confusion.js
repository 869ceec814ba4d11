// The matrices on the page: one view, one scale and one order for all; Plotly draws over the tables.
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
  const matrices = makeMatrixValues(page, state);
  const { views, isChange, hidden, strength, grid, level } = matrices;
  const columns = matrices.order;

  // One scale for all models, another for the difference.
  const reach = (figure) => Math.max(...figures.filter((other) => isChange(other) === isChange(figure)).map((other) => grid(other).top)) || 1;

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
    if (models.length > 1) rows.push(["difference", matrices.exact(grid(figure).values[i * K + j])]);
    return rows;
  }

  // What the darkest and the brightest colour stand for, of the models and of the difference.
  function colours() {
    const { unit } = views[state.view];
    const largest = (change) => figures.filter((figure) => isChange(figure) === change)
      .reduce((most, figure) => Math.max(most, grid(figure).largest), 0);
    const shown = (number) => (unit ? percent(number) : count(number));
    const scale = state.logarithmic ? ", logarithmic" : "";
    const change = figures.some(isChange) ? `; of the difference, ±${shown(largest(true))}${unit ? " points" : ""}` : "";
    return `Colours from 0 to ${shown(largest(false))}${unit ? ` ${unit}` : ""}${change}${scale}.`;
  }

  // A thousand classes are not counted through before somebody comes to look.
  function explain() {
    const counted = K <= DIGITS || figures.some((figure) => figure.drawn);
    note.textContent = counted ? `${views[state.view].note} ${colours()}` : views[state.view].note;
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
        cell.textContent = hidden(i, j) ? "" : matrices.asText(number, change);
        cell.className = hidden(i, j) ? "" : level(strength(number) / top, change);
      });
    });
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
    matrices.forget();
    for (const figure of figures) {
      if (isChange(figure)) [figure.model, figure.second] = [state.first, state.second];
    }
    explain();
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

  const heatmap = plotting && makeHeatmaps(page, plotting, matrices, { state, reach, host });
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
        explain();
      },
      label: "Heatmap",
      keys: false,
    });
  });
  if (K > DIGITS && !plotting) host.parentElement.hidden = true;
  else controls();
  update();
}
