// The table of classes: sort it, filter it, choose what the axis shows, move β. Of many classes the
// page comes with some rows, and the others are made when they are wanted.
function classes(page) {
  const { data, K } = page;
  const PAGE = 50;
  const table = document.getElementById("classes-table");
  const bodies = new Map([...table.tBodies].map((body) => [Number(body.dataset.class), body]));
  const columns = [...table.tHead.rows[0].cells];
  const isPart = bodies.size < K;
  const atFirst = isPart ? { sort: "recall", down: false } : { sort: null, down: true };
  const state = { filter: "", drawn: "recall", ...atFirst, by: isPart ? "mean" : "0", limit: isPart ? PAGE : K, beta: 1, revealed: null };
  const moving = "f_beta[moving]";
  const collator = new Intl.Collator(undefined, { numeric: true });
  const lowered = data.classes.map((name) => name.toLowerCase());

  const estimate = (key, model, k) => (key === moving ? fBeta(page, model, k, state.beta) : data.estimates[key][model][k]);

  // --- rows ---------------------------------------------------------------------------------

  function printed(found, reason, leads) {
    if (!found) return [make("span", { class: "soft" }, "n/a"), " ", make("small", {}, reason)];
    return [leads ? make("strong", {}, percent(found[0])) : percent(found[0]), " ", make("small", {}, intervalText(found))];
  }

  function makeBody(k) {
    const body = bodies.values().next().value.cloneNode(true);
    body.id = `class-${k}`;
    body.dataset.class = k;
    const link = body.querySelector("a");
    link.href = `#${body.id}`;
    link.title = data.fullNames[k] ?? data.classes[k];
    link.firstChild.textContent = data.classes[k];
    body.querySelector(".support").textContent = count(data.support[k]);
    [...body.rows].forEach((row, m) => {
      const cells = [...row.cells].slice(-data.terms.length - 1);
      data.terms.forEach(({ key }, t) => cells[t].replaceChildren(...printed(data.estimates[key][m][k], data.reasons[key][m][k], data.leads[key][m].includes(k))));
    });
    bodies.set(k, body);
    drawTracks(body);
    fillMoving(body);
    return body;
  }

  // --- the axis ---------------------------------------------------------------------------

  const [start, end] = data.axis;
  const scale = 100 / (end - start);
  const place = (value) => `${((value - start) * scale).toFixed(2)}%`;
  const chosenColumn = () => columns.findIndex((head) => head.dataset.sort === state.drawn);

  function drawTracks(body) {
    const chosen = chosenColumn();
    [...body.rows].forEach((row, m) => {
      const cells = [...row.cells];
      cells.forEach((cell, i) => cell.classList.toggle("chosen", cells.length - i === columns.length - chosen));
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
  }

  function drawAxis() {
    bodies.forEach(drawTracks);
    const label = table.querySelector(".axis-label");
    label.textContent = `${data.terms.find((term) => term.key === state.drawn)?.label ?? `F at β = ${shortBeta(state.beta)}`}, %`;
    const chosen = chosenColumn();
    columns.forEach((head, i) => head.classList.toggle("chosen", i === chosen));
  }

  // --- the moving column, which is shown at a β that no other column has ---------------------

  function addMovingColumn() {
    const head = make("th", { scope: "col", class: "number", "data-sort": moving }, make("span", { id: "moving-head" }));
    table.tHead.rows[0].append(head);
    columns.push(head);
    bodies.forEach((body) => [...body.rows].forEach((row) => row.append(
      make("td", {}, make("span"), " ", make("small")))));
  }

  const isMoved = () => !(`f_beta[${state.beta}]` in data.estimates);

  function fillMoving(body) {
    [...body.rows].forEach((row, m) => {
      const cell = row.cells[row.cells.length - 1];
      cell.hidden = !isMoved();
      if (cell.hidden) return;
      cell.dataset.label = `F at β = ${shortBeta(state.beta)}, %`;
      const found = fBeta(page, m, Number(body.dataset.class), state.beta);
      const [value, interval] = cell.children;
      value.textContent = found ? percent(found[0]) : "n/a";
      interval.textContent = found ? intervalText(found) : "neither occurs nor is predicted";
    });
  }

  function fillMovingColumn() {
    columns.at(-1).hidden = !isMoved();
    table.classList.toggle("moved", isMoved());
    document.getElementById("moving-head").replaceChildren("F", make("sub", {}, `β = ${shortBeta(state.beta)}`), ", %");
    bodies.forEach(fillMoving);
  }

  // --- order and filter -------------------------------------------------------------------

  function rank(k) {
    if (state.sort === "support") return data.support[k];
    if (state.sort === null) return k;
    const values = data.models.map((_, m) => estimate(state.sort, m, k)?.[0] ?? NaN);
    if (state.by === "mean") return values.reduce((sum, value) => sum + value, 0) / values.length;
    return state.by === "spread" ? Math.max(...values) - Math.min(...values) : values[Number(state.by)];
  }

  // Classes without a value come last either way.
  function sorted(positions) {
    const sign = state.sort === null || !state.down ? 1 : -1;
    if (state.sort === "name") return positions.toSorted((a, b) => -sign * collator.compare(data.classes[a], data.classes[b]));
    const ranks = new Map(positions.map((k) => [k, rank(k)]));
    return positions.toSorted((a, b) => {
      const [x, y] = [ranks.get(a), ranks.get(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return sign * (x - y);
    });
  }

  function arrange() {
    const typed = state.filter.toLowerCase();
    const matching = sorted(lowered.flatMap((name, k) => (name.includes(typed) ? [k] : [])));
    const shown = matching.slice(0, state.limit);
    if (state.revealed !== null && !shown.includes(state.revealed)) shown.unshift(state.revealed);
    const rows = shown.map((k) => bodies.get(k) ?? makeBody(k));
    if (rows.length !== table.tBodies.length || rows.some((body, i) => body !== table.tBodies[i])) table.replaceChildren(table.tHead, ...rows);
    found.textContent = typed || isPart ? `${count(Math.min(matching.length, state.limit))} of ${count(typed ? matching.length : K)} classes` : "";
    more.hidden = matching.length <= state.limit;
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
  const more = make("button", { type: "button", hidden: true, onclick: () => { state.limit += PAGE; arrange(); } }, `Show ${PAGE} more classes`);

  addMovingColumn();
  fillMovingColumn();
  columns.filter((head) => head.dataset.sort).forEach((head) => {
    const label = head.textContent.trim();
    head.append(" ", make("button", { type: "button", class: "sort", "aria-label": `Sort by ${label}`, onclick: () => sortBy(head.dataset.sort) }, "↕"));
  });
  const filter = make("input", { type: "search", autocomplete: "off", size: 14, oninput: () => {
    Object.assign(state, { filter: filter.value.trim(), revealed: null, limit: isPart ? PAGE : K });
    arrange();
  } });
  const toolbar = make("div", { class: "toolbar" });
  if (K > 5) toolbar.append(make("label", {}, "Find a class", filter), found);
  toolbar.append(choice("Axis", [...data.terms.map((term) => [term.key, term.label]), [moving, "F at β"]], state.drawn, (drawn) => { state.drawn = drawn; drawAxis(); }));
  if (data.models.length > 1) {
    const options = [...data.models.map((model, m) => [m, model.name]), ["mean", "mean of the models"], ["spread", "largest difference"]];
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
  // Paper has every class, or of many those that are shown.
  addEventListener("beforeprint", () => { if (!isPart) table.append(...[...bodies.values()]); });
  addEventListener("afterprint", arrange);
  drawAxis();
  arrange();
}
