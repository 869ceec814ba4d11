// The samples of a cell in a dialog, with a link that can be shared, and lists of samples as CSV.
function errors(page) {
  const { data } = page;
  const section = document.getElementById("errors");
  const MOST_MODELS = 8;
  const several = data.models.length > 1;
  const layout = section.querySelector(".samples")?.className ?? "samples";
  let unpacking = null;
  const samples = () => (unpacking ??= unpacked("page-samples").then(JSON.parse));
  const bdi = (text) => make("bdi", {}, text);
  const sureness = (p) => (p === null ? "" : `${percent(p)}\u00a0%`);

  // --- one sample, as in the lists of the section -------------------------------------------

  function shownInput(input, alt) {
    if (input.at) return make("span", { class: "shot", role: "img", "aria-label": alt, style: input.at });
    if (input.reason) return make("span", { class: "no-shot" }, input.reason);
    if (input.values) return make("dl", { class: "values" }, ...input.values.map(([name, value]) => make("div", {}, make("dt", {}, bdi(name)), make("dd", {}, bdi(value)))));
    const rest = input.rest ? [make("details", {}, make("summary", {}, "rest of the text"), bdi(input.rest))] : [];
    return make("div", { class: "said" }, bdi(input.text ?? "(empty)"), ...rest);
  }

  // Of many models, those that predict the same share a line, the most frequent class first.
  function predictions({ predicted, probability }, i) {
    if (data.models.length <= MOST_MODELS) {
      return predicted[i].map((k, m) => ({ name: several && modelName(page, m), label: data.models[m].name, k, p: sureness(probability[i][m]) }));
    }
    const times = new Map();
    predicted[i].forEach((k) => times.set(k, (times.get(k) ?? 0) + 1));
    return [...times].toSorted((a, b) => b[1] - a[1]).map(([k, n]) => {
      const label = `${n} of ${data.models.length} models`;
      return { name: make("span", { class: "soft" }, label), label, k, p: "" };
    });
  }

  function card(known, i) {
    const actual = known.actual[i];
    const said = predictions(known, i);
    const alt = `Sample ${known.ids[i]}, actual ${data.classes[actual]}; ${said.map(({ label, k, p }) => `${label}: ${data.classes[k]} ${p}`.trim()).join(", ")}`;
    return make("li", {},
      ...known.inputs[i].map((input) => shownInput(input, alt)),
      make("div", {}, make("strong", {}, bdi(data.classes[actual])), " ", make("small", { class: "id" }, bdi(known.ids[i]))),
      ...said.map(({ name, k, p }) => make("div", { class: "guess" },
        ...(name ? [name, " "] : []),
        make("span", { class: k === actual && "soft" }, bdi(data.classes[k]), ...(p ? [" ", make("small", {}, p)] : [])))));
  }

  // --- CSV ----------------------------------------------------------------------------------

  function asCsv(known, places) {
    const names = data.models.map(({ name }) => name);
    const sure = known.probability.some((each) => each.some((p) => p !== null));
    const head = ["id", "actual", ...names.flatMap((name) => [`predicted_${name}`, ...(sure ? [`probability_${name}`] : [])])];
    const row = (i) => [inert(known.ids[i]), inert(data.classes[known.actual[i]]), ...names.flatMap((_, m) => [inert(data.classes[known.predicted[i][m]]), ...(sure ? [known.probability[i][m] ?? ""] : [])])];
    return csvText([head, ...places.map(row)]);
  }

  function copyAction(places) {
    const button = make("button", { type: "button", onclick: async () => {
      const known = await samples();
      copyText(asCsv(known, places(known)), button);
    } }, "CSV");
    return make("p", { class: "actions" }, "Copy as ", button);
  }

  section.querySelectorAll(".gallery").forEach((gallery) => gallery.append(copyAction(({ lists }) => lists[Number(gallery.dataset.gallery)])));

  // --- the dialog of a cell -----------------------------------------------------------------

  const title = make("h2", { id: "cell-title" });
  const body = make("div", {});
  const link = make("a", {}, "Link to this cell");
  const close = make("button", { type: "button", class: "link", onclick: () => dialog.close() }, "Close");
  const dialog = make("dialog", { class: "cell-samples", "aria-labelledby": "cell-title" }, make("div", { class: "head" }, title, close), body, make("p", { class: "note" }, link));
  document.body.append(dialog);
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => remember(location.pathname + location.search));

  // A frame without an address of its own cannot keep the cell in it.
  function remember(address) {
    try {
      history.replaceState(null, "", address);
    } catch {
      // The link below the samples holds the cell as well.
    }
  }

  function part(known, model, actual, predicted) {
    const n = page.matrix(model).at(actual, predicted);
    const [,,, all, places] = known.cells.find(([m, i, j]) => m === model && i === actual && j === predicted) ?? [0, 0, 0, n, []];
    const words = all ? `${count(places.length)} of ${count(all)} shown.${places.length ? "" : " The page has no room for more samples."}` : "No samples.";
    return make("div", {},
      make("p", { class: "of" }, ...(several ? [modelName(page, model), " "] : []), make("span", { class: "soft" }, words)),
      make("ul", { class: layout }, ...places.map((i) => card(known, i))),
      ...(places.length ? [copyAction(() => places)] : []));
  }

  async function show({ model, actual, predicted }) {
    const known = await samples();
    const name = (k) => make("bdi", {}, data.classes[k]);
    title.replaceChildren(...(actual === predicted ? ["“", name(actual), "” predicted correctly"] : ["“", name(actual), "” predicted as “", name(predicted), "”"]));
    const shown = model === null ? data.models.map((_, m) => m) : [model];
    const filled = shown.filter((m) => page.matrix(m).at(actual, predicted));
    body.replaceChildren(...(filled.length ? filled : shown.slice(0, 1)).map((m) => part(known, m, actual, predicted)));
    const code = (text) => encodeURIComponent(text);
    const whose = model === null || !several ? "" : `&model=${code(data.models[model].name)}`;
    link.href = new URL(`#cell=${code(data.classes[actual])},${code(data.classes[predicted])}${whose}`, location.href).href;
    remember(link.href);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  document.addEventListener("evalkit:cell", ({ detail }) => show(detail));

  // A link to a cell goes to the matrices and shows its samples.
  function follow() {
    const [, ...coded] = /^#cell=([^,&]*),([^,&]*)(?:&model=([^&]*))?$/.exec(location.hash) ?? [];
    if (!coded.length) return;
    let names;
    try {
      names = coded.map((text) => text && decodeURIComponent(text));
    } catch {
      return;
    }
    const [actual, predicted] = names.map((text) => data.classes.indexOf(text));
    const model = names[2] === undefined ? null : data.models.findIndex(({ name }) => name === names[2]);
    if (actual < 0 || predicted < 0 || (model ?? 0) < 0) return;
    document.getElementById("confusion")?.scrollIntoView({ behavior: "instant" });
    show({ model, actual, predicted });
  }
  addEventListener("hashchange", follow);
  follow();
}
