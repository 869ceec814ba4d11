// Many classes: which of them the matrices show, and all of them at once on a canvas, where a cell
// stands for the errors between two groups of neighbouring classes.

// The errors of all models: per class the classes that it is confused with and how often.
function makeConfusions(page) {
  const { K, data } = page;
  let known = null;
  let ties = null;

  // Per model: the cells beside the diagonal, counted when somebody comes to look.
  function errors() {
    known ??= data.models.map((_, m) => [...page.matrix(m).cells].map(([place, n]) => [Math.floor(place / K), place % K, n]).filter(([i, j]) => i !== j));
    return known;
  }

  function tiesOf(k) {
    if (!ties) {
      ties = data.classes.map(() => new Map());
      const add = (i, j, n) => ties[i].set(j, (ties[i].get(j) ?? 0) + n);
      for (const [i, j, n] of errors().flat()) {
        add(i, j, n);
        add(j, i, n);
      }
    }
    return ties[k];
  }

  // A class and those that it is confused with, the most often first.
  const around = (k, most) => [k, ...[...tiesOf(k)].toSorted((a, b) => b[1] - a[1]).map(([j]) => j)].slice(0, most);

  return { errors, around };
}

function overview(page, tooltip, { figures, isChange, show }) {
  const { K, data } = page;
  const host = document.getElementById("overview");
  const title = document.getElementById("block-title");
  const titleText = title.textContent;
  const blockNote = document.getElementById("block-note");
  const confusions = makeConfusions(page);
  const GROUPS = 50;
  const inGroup = K > 100 ? Math.ceil(K / GROUPS) : 1;
  const groups = Math.ceil(K / inGroup);
  const state = { order: "similar" };
  const computed = new Map();

  // --- the block that the matrices show ------------------------------------------------------

  const back = make("button", { type: "button", class: "link", hidden: true, onclick: () => { clear(); choose(null); } }, "Back to the most confused classes");
  function choose(block, ...heading) {
    back.hidden = block === null;
    blockNote.hidden = block !== null;
    title.replaceChildren(...(block ? heading : [titleText]));
    show(block ?? data.block);
  }
  const search = finder(page, "Show class", (k) => (k === null ? choose(null) : choose(confusions.around(k, data.block.length), "Classes confused with “", make("bdi", {}, data.classes[k]), "”")));
  const clear = () => { search.querySelector("input").value = ""; };
  document.getElementById("matrices-note").previousElementSibling.append(search, back);

  // --- what the cells stand for --------------------------------------------------------------

  const groupsOf = () => {
    const group = new Int32Array(K);
    classOrders(page)[state.order]().forEach((k, place) => { group[k] = Math.floor(place / inGroup); });
    return group;
  };

  // Errors of a model per cell, and the classes of each group in the order.
  function grid() {
    if (!computed.has(state.order)) {
      const group = groupsOf();
      const members = Array.from({ length: groups }, () => []);
      classOrders(page)[state.order]().forEach((k) => members[group[k]].push(k));
      const cells = confusions.errors().map((list) => {
        const sums = new Float64Array(groups * groups);
        list.forEach(([i, j, n]) => { sums[group[i] * groups + group[j]] += n; });
        return sums;
      });
      computed.set(state.order, { group, members, cells });
    }
    return computed.get(state.order);
  }

  function cellsOf(figure) {
    const { cells } = grid();
    return isChange(figure) ? cells[figure.second].map((n, i) => n - cells[figure.model][i]) : cells[figure.model];
  }

  const modelsOf = (figure) => (isChange(figure) ? [figure.model, figure.second] : [figure.model]);

  // The pairs of classes of a cell, the most confused by any model of the figure first.
  function pairsIn(figure, r, c) {
    const { group } = grid();
    const most = new Map();
    modelsOf(figure).flatMap((m) => confusions.errors()[m]).forEach(([i, j, n]) => {
      if (group[i] === r && group[j] === c) most.set(i * K + j, Math.max(n, most.get(i * K + j) ?? 0));
    });
    return [...most].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).map(([place]) => [Math.floor(place / K), place % K]);
  }

  function groupName(g) {
    const { members } = grid();
    const name = data.classes[members[g][0]];
    return members[g].length > 1 ? `${name} and ${members[g].length - 1} more` : name;
  }

  function describe(figure, r, c) {
    const rows = [["actual", groupName(r)], ["predicted", groupName(c)]];
    const models = modelsOf(figure);
    for (const m of models) rows.push([models.length > 1 ? data.models[m].name : "misclassified", count(grid().cells[m][r * groups + c])]);
    const [pair] = pairsIn(figure, r, c);
    if (pair && inGroup > 1) rows.push(["most frequent", `“${data.classes[pair[0]]}” predicted as “${data.classes[pair[1]]}”: ${models.map((m) => count(page.matrix(m).at(...pair))).join(" and ")}`]);
    return rows;
  }

  function open(figure, r, c) {
    if (inGroup === 1) {
      const [i, j] = [grid().members[r][0], grid().members[c][0]];
      openCell(isChange(figure) ? null : figure.model, i, j);
      return;
    }
    const block = new Set();
    pairsIn(figure, r, c).flat().forEach((k) => { if (block.size < data.block.length) block.add(k); });
    if (!block.size) return;
    clear();
    choose([...block], "Classes of the chosen cell");
    title.scrollIntoView({ block: "start" });
  }

  // --- drawing -------------------------------------------------------------------------------

  const levelColour = (() => {
    const probe = make("td", { hidden: true });
    host.append(probe);
    return (name) => {
      probe.className = name;
      return getComputedStyle(probe).backgroundColor;
    };
  })();

  const AXIS = 16;
  const NAMES = 76;
  const BAR = 40;

  function draw(figure) {
    const { canvas } = figure.map;
    const width = canvas.parentElement.clientWidth;
    if (!width) return;
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim();
    const { members } = grid();
    const context = canvas.getContext("2d");
    const small = "11px system-ui, sans-serif";
    context.font = small;
    const names = members.map(([k]) => fittedName(context, data.classes[k], NAMES));
    const left = Math.ceil(AXIS + 8 + Math.max(...names.map((name) => context.measureText(name).width)));
    const size = Math.min((width - left - 2) / groups, 14);
    const side = size * groups;
    figure.map.geometry = { left, size };
    const density = devicePixelRatio || 1;
    canvas.width = width * density;
    canvas.height = (left + side + BAR) * density;
    context.scale(density, density);
    context.fillStyle = ink("--paper");
    context.fillRect(0, 0, width, left + side + BAR);

    const change = isChange(figure);
    const values = cellsOf(figure);
    const largest = Math.max(1, ...figures.filter((other) => isChange(other) === change).map((other) => cellsOf(other).reduce((most, n) => Math.max(most, Math.abs(n)), 0)));
    const fraction = (n) => Math.sign(n) * Math.sqrt(Math.abs(n) / largest);
    const colours = new Map();
    const colourAt = (n) => {
      const name = cellLevel(fraction(n), change);
      return colours.get(name) ?? colours.set(name, levelColour(name)).get(name);
    };
    // Edges lie between pixels, so that no seams are seen.
    const edges = Array.from({ length: groups + 1 }, (_, g) => left + Math.round(g * size * density) / density);
    values.forEach((n, place) => {
      const [r, c] = [Math.floor(place / groups), place % groups];
      context.fillStyle = colourAt(n);
      context.fillRect(edges[c], edges[r], edges[c + 1] - edges[c], edges[r + 1] - edges[r]);
    });
    context.strokeStyle = ink("--line");
    context.strokeRect(left - 0.5, left - 0.5, side + 1, side + 1);

    context.font = small;
    context.fillStyle = ink("--soft");
    const every = Math.ceil(13 / size);
    context.textBaseline = "middle";
    const upwards = (x, y, write) => {
      context.save();
      context.translate(x, y);
      context.rotate(-Math.PI / 2);
      write();
      context.restore();
    };
    for (let g = 0; g < groups; g += every) {
      const middle = left + (g + 0.5) * size;
      context.textAlign = "right";
      context.fillText(names[g], left - 5, middle);
      context.textAlign = "left";
      upwards(middle, left - 5, () => context.fillText(names[g], 0, 0));
    }
    context.textAlign = "center";
    context.font = "12px system-ui, sans-serif";
    context.fillText("Predicted class", left + side / 2, AXIS / 2);
    upwards(AXIS / 2, left + side / 2, () => context.fillText("Actual class", 0, 0));

    const end = left + side;
    const steps = change ? 17 : 32;
    for (let step = 0; step < steps; step += 1) {
      context.fillStyle = levelColour(change ? cellLevel(step / 8 - 1, true) : `s${step}`);
      context.fillRect(left + (step / steps) * side, end + 12, side / steps + 0.5, 8);
    }
    context.strokeRect(left - 0.5, end + 11.5, side + 1, 9);
    context.fillStyle = ink("--soft");
    context.font = small;
    const powers = [1, 10, 100, 1000, 10000, 100000].filter((n) => fraction(n) > 0.1 && fraction(n) < 0.85);
    const marks = change ? [-largest, 0, largest] : [0, ...powers, largest];
    marks.forEach((n) => {
      const at = change ? (fraction(n) + 1) / 2 : fraction(n);
      context.textAlign = at === 0 ? "left" : at === 1 ? "right" : "center";
      context.fillText(change && n > 0 ? `+${count(n)}` : signed(count(n)), left + at * side, end + 31);
    });
  }

  // --- the figures ---------------------------------------------------------------------------

  const note = document.getElementById("overview-note");
  note.textContent = `Number of misclassified samples; correct predictions are not shown. ${inGroup > 1 ? `A cell stands for ${inGroup} × ${inGroup} classes, and an axis names every group by its first class; choose a cell to see its classes above. ` : ""}Colours follow the square root.`;
  const drawn = new Set();
  const near = new IntersectionObserver((entries) => entries.forEach(({ isIntersecting, target }) => {
    const figure = figures.find(({ map }) => map.stage === target);
    if (!isIntersecting || drawn.has(figure)) return;
    drawn.add(figure);
    draw(figure);
  }), { rootMargin: "400px" });

  const redraw = () => drawn.forEach((figure) => {
    figure.map.caption.replaceChildren(...figure.caption.cloneNode(true).childNodes);
    draw(figure);
  });
  for (const figure of figures) {
    const canvas = make("canvas", {});
    const stage = make("div", { class: "stage map", role: "group" }, canvas);
    const caption = make("figcaption", {});
    const save = make("button", { type: "button", onclick: () => saveAs(canvas.toDataURL(), "confusion-overview.png") }, "PNG");
    figure.map = { canvas, stage, caption };
    caption.replaceChildren(...figure.caption.cloneNode(true).childNodes);
    stage.setAttribute("aria-label", `Overview of the errors: ${caption.textContent.trim()}. Arrow keys read the cells, Enter chooses one.`);
    host.append(make("figure", { class: "matrix" }, caption, stage, make("p", { class: "actions" }, "Save as ", save)));
    const at = ({ clientX, clientY }) => {
      const { left, size } = figure.map.geometry;
      const box = canvas.getBoundingClientRect();
      const place = [clientY - box.top, clientX - box.left].map((pixels) => Math.floor((pixels - left) / size));
      return place.every((p) => p >= 0 && p < groups) ? place : null;
    };
    walkCells(stage, {
      size: () => groups,
      read: (r, c) => {
        const { left, size } = figure.map.geometry;
        const box = canvas.getBoundingClientRect();
        tooltip.show(box.left + left + (c + 0.5) * size, box.top + left + (r + 0.5) * size, describe(figure, r, c), { spoken: true });
      },
      open: (r, c) => open(figure, r, c),
      leave: tooltip.hide,
    });
    canvas.addEventListener("mousemove", (event) => {
      const place = at(event);
      if (place) tooltip.show(event.clientX, event.clientY, describe(figure, ...place));
      else tooltip.hide();
    });
    canvas.addEventListener("mouseleave", tooltip.hide);
    canvas.addEventListener("click", (event) => {
      const place = at(event);
      if (place) open(figure, ...place);
    });
    near.observe(stage);
  }
  note.before(make("div", { class: "toolbar" }, orderChoice(state.order, (order) => { state.order = order; redraw(); })));
  page.on("pair", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true });
  addEventListener("resize", redraw);
  confusedPairs(page, confusions);
}
