// What the matrices hold in a view, in which order, and how strongly a cell is coloured.
function makeMatrixValues(page, state) {
  const { K, data } = page;
  const views = {
    actual: { label: "By actual", unit: "%", note: "Rows actual, columns predicted. Share of each actual class, %: rows add to 100." },
    counts: { label: "Counts", unit: "", note: "Rows actual, columns predicted. Number of samples." },
    predicted: { label: "By predicted", unit: "%", note: "Rows actual, columns predicted. Share of each predicted class, %: columns add to 100." },
    all: { label: "Share of all", unit: "%", note: "Rows actual, columns predicted. Share of all samples, %." },
  };

  const declared = data.classes.map((_, k) => k);
  const recall = (k) => data.models.reduce((sum, _, m) => {
    const { right, actual } = page.matrix(m);
    return sum + (actual[k] ? right[k] / actual[k] : 0);
  }, 0);
  const orders = {
    declared: () => declared,
    similar: () => data.similar,
    recall: () => declared.toSorted((a, b) => recall(b) - recall(a)),
    support: () => declared.toSorted((a, b) => data.support[b] - data.support[a]),
  };

  const isChange = (figure) => figure.second !== undefined;
  const hidden = (i, j) => state.hideDiagonal && i === j;

  // The values of one matrix, row by row in the declared order.
  function valuesOf(model) {
    const { cells, actual, predicted } = page.matrix(model);
    if (state.view === "counts") return cells;
    if (state.view === "all") return cells.map((n) => n / data.samples);
    const total = state.view === "actual" ? (i) => actual[Math.floor(i / K)] : (i) => predicted[i % K];
    return cells.map((n, i) => (n ? n / total(i) : 0));
  }

  // Colour follows the logarithm where asked: a cell of one sample is then still seen.
  function strength(number) {
    if (!number || !state.logarithmic) return number;
    return Math.sign(number) * Math.log1p(Math.abs(number) * (state.view === "counts" ? 1 : 1000));
  }

  let computed = new Map();

  // Values and the largest strength in sight, computed once for a view.
  function grid(figure) {
    if (!computed.has(figure)) {
      const first = valuesOf(figure.model);
      const values = isChange(figure) ? valuesOf(figure.second).map((n, i) => n - first[i]) : first;
      const top = values.reduce((most, n, i) => (state.hideDiagonal && i % (K + 1) === 0 ? most : Math.max(most, Math.abs(n))), 0);
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

  // The class of the style sheet that colours a cell, from its strength as a share of the largest.
  function level(fraction, change) {
    if (!change) return `s${Math.round(fraction * 31)}`;
    const step = Math.round(fraction * 8);
    return step < 0 ? `e${-step}` : `d${step}`;
  }

  return {
    views,
    isChange,
    hidden,
    strength,
    grid,
    asText,
    exact,
    level,
    order: () => orders[state.order](),
    forget: () => { computed = new Map(); },
  };
}
