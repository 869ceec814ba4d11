// Many classes: all confused pairs, searched by name, in rows that are made when they are asked for.
function confusedPairs(page, confusions) {
  const { K, data } = page;
  const FIRST = 12;
  const PAGE = 50;
  const table = document.getElementById("pairs-table");
  const body = table.tBodies[0];
  const pattern = body.rows[0];
  const state = { typed: "", limit: FIRST };
  let ordered = null;

  // As in the page without scripts: by the largest count of any model.
  function pairs() {
    if (!ordered) {
      const most = new Map();
      confusions.errors().flat().forEach(([i, j, n]) => most.set(i * K + j, Math.max(n, most.get(i * K + j) ?? 0)));
      ordered = [...most].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).map(([place]) => [Math.floor(place / K), place % K]);
    }
    return ordered;
  }

  function makeRow([i, j]) {
    const row = pattern.cloneNode(true);
    Object.assign(row.dataset, { actual: i, predicted: j });
    const [actual, predicted] = row.querySelectorAll("th bdi");
    actual.textContent = data.classes[i];
    predicted.textContent = data.classes[j];
    row.cells[0].title = row.cells[0].textContent.trim();
    const shares = data.models.map((_, m) => page.matrix(m).at(i, j) / data.support[i]);
    const cells = [...row.cells].slice(1);
    shares.forEach((share, m) => cells[m].replaceChildren(`${count(page.matrix(m).at(i, j))} of ${count(data.support[i])} `, make("small", {}, `${percent(share)} %`)));
    if (cells.length > shares.length) cells[shares.length].textContent = points(shares[1] - shares[0]);
    return row;
  }

  function arrange() {
    const lowered = lowercase();
    const matching = state.typed ? pairs().filter((pair) => pair.some((k) => lowered[k].includes(state.typed))) : pairs();
    const shown = matching.slice(0, state.limit);
    body.replaceChildren(...shown.map(makeRow));
    found.textContent = `${count(shown.length)} of ${count(matching.length)} pairs`;
    more.hidden = shown.length === matching.length;
  }

  let names = null;
  const lowercase = () => (names ??= data.classes.map((name) => name.toLowerCase()));

  const found = make("span", { class: "soft", "aria-live": "polite" });
  const more = make("button", { type: "button", onclick: () => { state.limit += PAGE; arrange(); } }, `Show ${PAGE} more`);
  const search = make("input", { type: "search", autocomplete: "off", size: 14, oninput: () => {
    Object.assign(state, { typed: search.value.trim().toLowerCase(), limit: search.value.trim() ? PAGE : FIRST });
    arrange();
  } });
  table.before(make("div", { class: "toolbar" }, make("label", {}, "Find a pair with class", search), found));
  table.after(make("p", { class: "actions" }, more));
  addEventListener("beforeprint", () => {
    state.limit = Math.max(state.limit, PAGE);
    arrange();
  });
  [...body.rows].slice(FIRST).forEach((row) => row.remove());
}
