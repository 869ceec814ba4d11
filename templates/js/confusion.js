// The matrices on the page: one view, one scale and one order for all; Plotly draws over the tables.
// Of many classes they show a block, which the reader can change, and an overview stands below.
function confusion(page, plotting, tooltip) {
  const { K, data } = page;
  const opens = document.getElementById("errors") !== null;
  const host = document.getElementById("matrices");
  const note = document.getElementById("matrices-note");
  const first = data.pairs[data.leadingPair];
  const state = {
    view: "actual",
    logarithmic: false,
    hideDiagonal: false,
    order: "declared",
    block: data.block,
    tables: false,
    first: first?.first,
    second: first?.second,
  };
  const matrices = makeMatrixValues(page, state);
  const { views, isChange, hidden, strength, grid } = matrices;
  const columns = matrices.order;

  // One scale for all models, another for the difference.
  function limits(figure) {
    const grids = figures.filter((other) => isChange(other) === isChange(figure)).map(grid);
    const most = (key) => Math.max(...grids.map((each) => each[key]));
    return { top: most("top") || 1, largest: most("largest") };
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
      drawn: false,
    };
  });

  function describe(figure, i, j) {
    const rows = [["actual", data.classes[i]], ["predicted", data.classes[j]]];
    const models = figure.second === undefined ? [figure.model] : [figure.model, figure.second];
    for (const m of models) {
      const { at, actual, predicted } = page.matrix(m);
      const n = at(i, j);
      if (models.length > 1) rows.push(data.models[m].name);
      rows.push(["samples", count(n)]);
      rows.push(["of actual", actual[i] ? `${percent(n / actual[i], 2)} %` : "n/a"]);
      rows.push(["of predicted", predicted[j] ? `${percent(n / predicted[j], 2)} %` : "n/a"]);
    }
    if (models.length > 1) rows.push(["difference", matrices.exact(valueAt(figure, i, j))]);
    return rows;
  }

  function valueAt(figure, i, j) {
    const order = columns();
    return grid(figure).values[order.indexOf(i) * order.length + order.indexOf(j)];
  }

  // What the darkest and the brightest colour stand for, of the models and of the difference.
  function explain() {
    const { unit } = views[state.view];
    const largest = (change) => limits(figures.find((figure) => isChange(figure) === change)).largest;
    const shown = (number) => (unit ? percent(number) : count(number));
    const scale = state.logarithmic ? ", logarithmic" : "";
    const change = figures.some(isChange) ? `; of the difference, ±${shown(largest(true))}${unit ? " points" : ""}` : "";
    note.textContent = `${views[state.view].note} Colours from 0 to ${shown(largest(false))}${unit ? ` ${unit}` : ""}${change}${scale}.`;
  }

  // --- tables -----------------------------------------------------------------------------

  function fillTable(figure) {
    const order = columns();
    const change = isChange(figure);
    const { values } = grid(figure);
    const { top } = limits(figure);
    const names = (cells) => cells.forEach((cell, place) => {
      cell.hidden = place >= order.length;
      const name = data.classes[order[place]] ?? "";
      cell.title = name;
      cell.querySelector("bdi").textContent = name;
    });
    figure.table.querySelector(".over").colSpan = order.length;
    names([...figure.table.tHead.rows[1].cells]);
    names([...figure.table.tBodies[0].rows].map((row) => row.cells[0]));
    [...figure.table.tBodies[0].rows].forEach((row, r) => {
      row.hidden = r >= order.length;
      [...row.cells].slice(1).forEach((cell, c) => {
        cell.hidden = row.hidden || c >= order.length;
        if (cell.hidden) return;
        const number = values[r * order.length + c];
        const blank = hidden(order[r], order[c]);
        cell.textContent = blank ? "" : matrices.asText(number, change);
        cell.className = blank ? "" : cellLevel(strength(number) / top, change);
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

  // The place of a cell of the table under the pointer, or null.
  function placeUnder(event) {
    const cell = event.target.closest("tbody td");
    return cell && [cell.parentElement.sectionRowIndex, cell.cellIndex - 1];
  }

  function listen(figure) {
    const classesAt = (r, c) => [columns()[r], columns()[c]];
    const open = (r, c) => openCell(isChange(figure) ? null : figure.model, ...classesAt(r, c));
    walkCells(figure.stage, {
      size: () => columns().length,
      read: (r, c) => tooltip.show(...placeOf(figure, r, c), describe(figure, ...classesAt(r, c)), { spoken: true }),
      open,
      leave: tooltip.hide,
    });
    figure.open = open;
    figure.table.addEventListener("mousemove", (event) => {
      const place = placeUnder(event);
      if (place) tooltip.show(event.clientX, event.clientY, describe(figure, ...classesAt(...place)));
      else tooltip.hide();
    });
    figure.table.addEventListener("mouseleave", tooltip.hide);
    figure.table.addEventListener("click", (event) => {
      const place = placeUnder(event);
      if (place) open(...place);
    });
  }

  // --- controls ---------------------------------------------------------------------------

  function name(figure) {
    const change = isChange(figure);
    const { unit } = views[state.view];
    const label = change
      ? `Difference of the confusion matrices of ${data.models[figure.second].name} and ${data.models[figure.model].name}`
      : `Confusion matrix of ${data.models[figure.model].name}`;
    figure.stage.setAttribute("role", "group");
    figure.stage.setAttribute("aria-label", `${label}. Arrow keys read the cells${opens ? ", Enter shows the samples of a cell" : ""}.`);
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
    figure.table.hidden = drawn;
  }

  function set(change) {
    Object.assign(state, change);
    update();
  }

  function setPair(change) {
    set(change);
    page.tell("pair");
  }

  function controls() {
    const models = data.models.map((model, position) => [position, model.name]);
    const parts = [
      choice("Numbers", Object.entries(views).map(([key, view]) => [key, view.label]), state.view, (view) => set({ view })),
      checkbox("Hide the diagonal", state.hideDiagonal, (hideDiagonal) => set({ hideDiagonal })),
      checkbox("Logarithmic colours", state.logarithmic, (logarithmic) => set({ logarithmic })),
    ];
    if (K > 2 && !data.block) parts.push(orderChoice(state.order, (order) => set({ order })));
    if (data.models.length > 2) {
      parts.push(dropdown("Difference of", models, state.second, (second) => setPair({ second: Number(second) })));
      parts.push(dropdown("and", models, state.first, (from) => setPair({ first: Number(from) })));
    }
    if (plotting && !data.block) parts.push(checkbox("As tables", false, (tables) => set({ tables })));
    note.before(make("div", { class: "toolbar" }, ...parts));
  }

  const heatmap = plotting && !data.block && makeHeatmaps(page, plotting, matrices, { limits, host });
  figures.forEach((figure) => {
    listen(figure);
    if (!heatmap) return;
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
      click: (event) => figure.open(event.points[0].y, event.points[0].x),
      ready: () => {
        figure.drawn = true;
        showEither(figure);
      },
      label: "Heatmap",
      keys: false,
    });
  });
  // A pair of the list is a cell too: of one model where its number is chosen, else of all models.
  function listenToPairs() {
    const table = document.getElementById("pairs-table");
    if (opens) table?.querySelectorAll("tbody th").forEach((head) => head.replaceChildren(make("button", { type: "button" }, ...head.childNodes)));
    table?.addEventListener("click", ({ target }) => {
      const row = target.closest("tr[data-actual]");
      const column = target.closest("td")?.cellIndex ?? 0;
      if (row) openCell(0 < column && column <= data.models.length ? column - 1 : null, Number(row.dataset.actual), Number(row.dataset.predicted));
    });
  }

  listenToPairs();
  controls();
  // The tables come with the values of this state; a thousand classes are not counted before somebody asks.
  if (data.block) figures.forEach(name);
  else update();
  if (data.block) overview(page, tooltip, { figures, isChange, show: (block) => set({ block }) });
}
