// What the matrices hold in a view, of which classes, and how strongly a cell is coloured.
function makeMatrixValues(page, state) {
  const { K, data } = page;
  const views = {
    actual: { label: "By actual", unit: "%", note: data.block ? "Share of each actual class, %; predictions of other classes are not shown." : "Share of each actual class, %: rows add to 100." },
    counts: { label: "Counts", unit: "", note: "Number of samples." },
    predicted: { label: "By predicted", unit: "%", note: data.block ? "Share of each predicted class, %; samples of other classes are not shown." : "Share of each predicted class, %: columns add to 100." },
    all: { label: "Share of all", unit: "%", note: "Share of all samples, %." },
  };

  const isChange = (figure) => figure.second !== undefined;
  const hidden = (i, j) => state.hideDiagonal && i === j;
  const order = () => state.block ?? classOrders(page)[state.order]();

  function share(model, i, j) {
    const { at, actual, predicted } = page.matrix(model);
    const n = at(i, j);
    return n && n / { actual: actual[i], counts: 1, predicted: predicted[j], all: data.samples }[state.view];
  }

  // Colour follows the logarithm where asked: a cell of one sample is then still seen.
  function strength(number) {
    if (!number || !state.logarithmic) return number;
    return Math.sign(number) * Math.log1p(Math.abs(number) * (state.view === "counts" ? 1 : 1000));
  }

  let computed = new Map();

  // The values of the shown classes, row by row in their order, and the largest strength in sight;
  // computed once for a view.
  function grid(figure) {
    if (!computed.has(figure)) {
      const shown = order();
      const values = shown.flatMap((i) => shown.map((j) => (isChange(figure) ? share(figure.second, i, j) - share(figure.model, i, j) : share(figure.model, i, j))));
      const top = values.reduce((most, n, i) => (state.hideDiagonal && i % (shown.length + 1) === 0 ? most : Math.max(most, Math.abs(n))), 0);
      computed.set(figure, { values, largest: top, top: strength(top) });
    }
    return computed.get(figure);
  }

  const withSign = (number, text) => (number > 0 ? `+${text}` : text);
  function asText(number, change) {
    if (state.view === "counts") return change ? withSign(number, signed(count(number))) : count(number);
    return change ? points(number, 0) : percent(number, 0);
  }
  function exact(number) {
    return state.view === "counts" ? withSign(number, signed(count(number))) : `${points(number, 2)} points`;
  }

  return { views, isChange, hidden, strength, grid, asText, exact, order, forget: () => { computed = new Map(); } };
}

// The class of the style sheet that colours a cell, from its strength as a share of the largest.
function cellLevel(fraction, change) {
  if (!change) return `s${Math.round(fraction * 31)}`;
  const step = Math.round(fraction * 8);
  return step < 0 ? `e${-step}` : `d${step}`;
}

function classOrders({ data, matrix }) {
  const declared = data.classes.map((_, k) => k);
  const recall = (k) => data.models.reduce((sum, _, m) => {
    const { right, actual } = matrix(m);
    return sum + (actual[k] ? right[k] / actual[k] : 0);
  }, 0);
  return {
    declared: () => declared,
    similar: () => data.similar,
    recall: () => declared.toSorted((a, b) => recall(b) - recall(a)),
    support: () => declared.toSorted((a, b) => data.support[b] - data.support[a]),
  };
}

const orderChoice = (chosen, act) => dropdown("Order", [["declared", "as declared"], ["similar", "confused together"], ["recall", "by recall"], ["support", "by support"]], chosen, act);

// Tells who shows samples that a cell was chosen; `model` is null where the cell is of all models.
function openCell(model, actual, predicted) {
  document.dispatchEvent(new CustomEvent("evalkit:cell", { detail: { model, actual, predicted } }));
}

// Arrow keys read the cells of a square, Enter opens the one that was read.
function walkCells(stage, { size, read, open, leave }) {
  let cell = null;
  stage.tabIndex = 0;
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" && cell) open(...cell);
    if (!step) return;
    event.preventDefault();
    const inside = (place) => Math.min(Math.max(place, 0), size() - 1);
    cell = cell ? [inside(cell[0] + step[0]), inside(cell[1] + step[1])] : [0, 0];
    read(...cell);
  });
  stage.addEventListener("blur", leave);
}

// A name cut at a character to the room that it has.
function fittedName(ruler, name, room) {
  if (ruler.measureText(name).width <= room) return name;
  const kept = [...new Intl.Segmenter().segment(name)].map(({ segment }) => segment);
  while (kept.length && ruler.measureText(`${kept.join("")}…`).width > room) kept.pop();
  return `${kept.join("").trimEnd()}…`;
}
