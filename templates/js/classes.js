// The table of classes: sort it, filter it, choose what the axis shows, move β.
function classes(page) {
  const { data, K } = page;
  const PAGE = 100;
  const table = document.getElementById("classes-table");
  const bodies = [...table.tBodies];
  const columns = [...table.tHead.rows[0].cells];
  const state = { filter: "", drawn: "recall", sort: null, down: true, by: "0", all: K <= PAGE, beta: 1, revealed: null };
  const moving = "f_beta[moving]";

  const estimate = (key, model, k) => (key === moving ? fBeta(page, model, k, state.beta) : data.estimates[key][model][k]);

  // --- the axis ---------------------------------------------------------------------------

  function drawAxis() {
    const [start, end] = data.axis;
    const scale = 100 / (end - start);
    const place = (value) => `${((value - start) * scale).toFixed(2)}%`;
    bodies.forEach((body) => {
      [...body.rows].forEach((row, m) => {
        const track = row.querySelector(".track");
        const found = estimate(state.drawn, m, Number(body.dataset.class));
        if (!found) return track.replaceChildren();
        const [value, low, high] = found;
        const whisker = make("i", { class: `whisker ${data.models[m].slot}` });
        whisker.style.left = place(low ?? value);
        whisker.style.width = `${(((high ?? value) - (low ?? value)) * scale).toFixed(2)}%`;
        const dot = make("i", { class: `${data.models[m].css} dot` });
        dot.style.left = place(value);
        return track.replaceChildren(whisker, dot);
      });
    });
    const label = table.querySelector(".axis-label");
    label.textContent = `${data.terms.find((term) => term.key === state.drawn)?.label ?? `F at β = ${shortBeta(state.beta)}`}, %`;
    const chosen = columns.findIndex((head) => head.dataset.sort === state.drawn);
    columns.forEach((head, i) => head.classList.toggle("chosen", i === chosen));
    bodies.forEach((body) => [...body.rows].forEach((row) => {
      const cells = [...row.cells];
      cells.forEach((cell, i) => cell.classList.toggle("chosen", cells.length - i === columns.length - chosen));
    }));
  }

  // --- the moving column ------------------------------------------------------------------

  function addMovingColumn() {
    const head = make("th", { scope: "col", class: "number", "data-sort": moving }, make("span", { id: "moving-head" }));
    table.tHead.rows[0].append(head);
    columns.push(head);
    bodies.forEach((body) => [...body.rows].forEach((row) => row.append(
      make("td", {}, make("span"), " ", make("small")))));
  }

  function fillMovingColumn() {
    document.getElementById("moving-head").replaceChildren("F", make("sub", {}, `β = ${shortBeta(state.beta)}`), ", %");
    bodies.forEach((body) => [...body.rows].forEach((row, m) => {
      const cell = row.cells[row.cells.length - 1];
      cell.dataset.label = `F at β = ${shortBeta(state.beta)}, %`;
      const found = fBeta(page, m, Number(body.dataset.class), state.beta);
      const [value, interval] = cell.children;
      value.textContent = found ? percent(found[0]) : "n/a";
      interval.textContent = found ? intervalText(found) : "neither occurs nor is predicted";
    }));
  }

  // --- order and filter -------------------------------------------------------------------

  function rank(k) {
    if (state.sort === "name") return data.classes[k];
    if (state.sort === "support") return data.support[k];
    if (state.sort === null) return k;
    const values = data.models.map((_, m) => estimate(state.sort, m, k)?.[0] ?? NaN);
    return state.by === "spread" ? Math.max(...values) - Math.min(...values) : values[Number(state.by)];
  }

  function compare(a, b) {
    const [x, y] = [rank(Number(a.dataset.class)), rank(Number(b.dataset.class))];
    if (typeof x === "string") return (state.down ? 1 : -1) * x.localeCompare(y, undefined, { numeric: true });
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return (state.sort === null || !state.down ? 1 : -1) * (x - y);
  }

  function arrange() {
    const typed = state.filter.toLowerCase();
    const sorted = bodies.toSorted(compare);
    table.append(...sorted);
    let shown = 0;
    for (const body of sorted) {
      const k = Number(body.dataset.class);
      const matches = data.classes[k].toLowerCase().includes(typed);
      shown += matches;
      body.hidden = k !== state.revealed && (!matches || (!state.all && shown > PAGE));
    }
    found.textContent = typed ? `${count(shown)} of ${count(K)} classes` : "";
    more.hidden = state.all || shown <= PAGE;
    more.textContent = `Show all ${count(shown)} classes`;
    columns.forEach((head) => {
      const { sort } = head.dataset;
      if (!sort) return;
      const active = sort === state.sort;
      const rising = sort === "name" ? state.down : !state.down;
      if (active) head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
      head.querySelector(".sort").textContent = active ? (rising ? "↑" : "↓") : "↕";
    });
  }

  function sortBy(key) {
    if (state.sort !== key) Object.assign(state, { sort: key, down: true });
    else if (state.down) state.down = false;
    else Object.assign(state, { sort: null, down: true });
    arrange();
  }

  // --- controls ---------------------------------------------------------------------------

  const found = make("span", { class: "soft", "aria-live": "polite" });
  const more = make("button", { type: "button", hidden: true, onclick: () => { state.all = true; arrange(); } });

  addMovingColumn();
  columns.filter((head) => head.dataset.sort).forEach((head) => {
    const label = head.textContent.trim();
    head.append(" ", make("button", { type: "button", class: "sort", "aria-label": `Sort by ${label}`, onclick: () => sortBy(head.dataset.sort) }, "↕"));
  });
  const filter = make("input", { type: "search", autocomplete: "off", size: 14, oninput: () => { state.filter = filter.value.trim(); state.revealed = null; arrange(); } });
  const toolbar = make("div", { class: "toolbar" });
  if (K > 5) toolbar.append(make("label", {}, "Find a class", filter), found);
  toolbar.append(choice("Axis", [...data.terms.map((term) => [term.key, term.label]), [moving, "F at β"]], state.drawn, (drawn) => { state.drawn = drawn; drawAxis(); }));
  if (data.models.length > 1) {
    const options = [...data.models.map((model, m) => [m, model.name]), ["spread", "largest difference"]];
    toolbar.append(dropdown("Sort values by", options, state.by, (by) => { state.by = by; arrange(); }));
  }
  toolbar.append(betaSlider(page));
  table.before(toolbar);
  table.after(make("p", { class: "actions" }, more));
  page.on("beta", (beta) => {
    state.beta = beta;
    fillMovingColumn();
    if (state.drawn === moving) drawAxis();
    if (state.sort === moving) arrange();
  });
  page.on("reveal", (k) => { state.revealed = k; arrange(); });
  addEventListener("beforeprint", () => bodies.forEach((body) => { body.hidden = false; }));
  addEventListener("afterprint", arrange);
  fillMovingColumn();
  drawAxis();
  arrange();
}
