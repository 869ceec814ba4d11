// The page's data, decoded once, and the helpers that every section uses.
async function makePage() {
  const read = async (id) => JSON.parse(await unpacked(id));
  const data = await read("page-data");
  const K = data.classes.length;
  const listeners = new Map();
  const matrices = new Map();

  // The cells of a model that are not zero, by their place row by row.
  function filled(counts) {
    let place = 0;
    return Array.isArray(counts) ? counts.map((n, i) => [i, n]).filter(([, n]) => n)
      : counts.gaps.map((gap, i) => [(place += gap), counts.values[i]]);
  }

  // The counts of a model, with the marginals that every metric reads.
  function matrix(model) {
    if (!matrices.has(model)) {
      const cells = new Map(filled(data.counts[model]));
      const actual = new Float64Array(K);
      const predicted = new Float64Array(K);
      cells.forEach((n, place) => {
        actual[Math.floor(place / K)] += n;
        predicted[place % K] += n;
      });
      const at = (i, j) => cells.get(i * K + j) ?? 0;
      const right = Float64Array.from({ length: K }, (_, k) => at(k, k));
      matrices.set(model, { cells, at, actual, predicted, right });
    }
    return matrices.get(model);
  }

  return {
    data,
    figures: await read("page-figures"),
    bands: await read("page-bands"),
    K,
    matrix,
    scripted: document.documentElement,
    on: (event, act) => listeners.set(event, [...(listeners.get(event) ?? []), act]),
    tell: (event, value) => (listeners.get(event) ?? []).forEach((act) => act(value)),
  };
}

// An element with attributes and children; text is only ever text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function saveAs(address, filename) {
  const link = make("a", { href: address, download: filename });
  document.body.append(link);
  link.click();
  link.remove();
}

function modelName(page, position) {
  const name = make("bdi");
  name.textContent = page.data.models[position].name;
  return make("span", { class: "model" }, make("i", { class: page.data.models[position].css }), name);
}

const signed = (text) => text.replace("-", "−");
// As Python rounds: a value halfway between two decimals goes to the even one.
const clean = (value, decimals) => {
  const isHalfway = Math.abs((value * 2 ** (decimals + 1)) % 2) === 1;
  const scale = 10 ** decimals;
  const shown = (isHalfway ? (2 * Math.round((value * scale) / 2)) / scale : value).toFixed(decimals);
  return Number(shown) === 0 ? (0).toFixed(decimals) : shown;
};
const percent = (fraction, decimals = 1) => signed(clean(100 * fraction, decimals));
const points = (fraction, decimals = 1) => {
  const shown = clean(100 * fraction, decimals);
  return Number(shown) > 0 ? `+${shown}` : signed(shown);
};
const count = (n) => n.toLocaleString("en-GB", { maximumFractionDigits: 2 });
const shortBeta = (beta) => String(Number(beta.toPrecision(2)));

// A group of radio buttons that reads as words, the chosen one marked.
function choice(legend, options, chosen, act) {
  const name = `choice-${legend.toLowerCase().replace(/\W+/g, "-")}-${(choice.made = (choice.made ?? 0) + 1)}`;
  const inputs = options.map(([value, label]) =>
    make("label", { class: "choice" },
      make("input", { type: "radio", name, value, checked: value === chosen, onchange: () => act(value) }),
      make("span", {}, label)));
  return make("fieldset", {}, make("legend", { class: "visually-hidden" }, legend), ...inputs);
}

function checkbox(label, checked, act) {
  const input = make("input", { type: "checkbox", checked, onchange: () => act(input.checked) });
  return make("label", {}, input, label);
}

function dropdown(label, options, chosen, act) {
  const select = make("select", { onchange: () => act(select.value) },
    ...options.map(([value, text]) => make("option", { value, selected: String(value) === String(chosen) }, text)));
  return make("label", {}, label, select);
}

// A text field that finds a class by typing; an empty field means all of them.
function finder(page, label, act) {
  const id = "class-names";
  const suggest = () => {
    if (!document.getElementById(id)) document.body.append(make("datalist", { id }, ...page.data.classes.map((name) => make("option", { value: name }))));
  };
  const input = make("input", { type: "search", list: id, onfocus: suggest, autocomplete: "off", size: 14, oninput: () => {
    const typed = input.value.trim().toLowerCase();
    const exact = page.data.classes.findIndex((name) => name.toLowerCase() === typed);
    const found = exact >= 0 ? exact : page.data.classes.findIndex((name) => name.toLowerCase().includes(typed));
    act(typed && found >= 0 ? found : null);
  } });
  return make("label", {}, label, input);
}
