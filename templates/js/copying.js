// Tables leave the page as CSV or Markdown, and the files that it carries as files.

// A name that a spreadsheet does not take for a formula.
const inert = (name) => (/^'*[=+\-@\t\r]/.test(name) && !/^[+-]?\d+(\.\d+)?$/.test(name) ? `'${name}` : name);

function csvText(rows) {
  const cell = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value ?? "");
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

// One row per estimate of results.json; the class is empty for metrics of the whole model.
function estimatesAsCsv(results) {
  const printable = (name) => inert(name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd"));
  const fields = ["value", "low", "high", "method", "undefined"];
  const rows = [["model", "class", "metric", ...fields]];
  for (const { name, overall, probability, per_class: perClass } of results.models) {
    const add = (key, estimate, k) => rows.push([printable(name), k === undefined ? "" : printable(results.classes[k]), key, ...fields.map((field) => estimate[field])]);
    for (const metrics of [overall, probability?.overall ?? {}]) Object.entries(metrics).forEach(([key, estimate]) => add(key, estimate));
    for (const [key, estimates] of Object.entries(perClass)) estimates.forEach((estimate, k) => add(key, estimate, k));
  }
  return csvText(rows);
}

async function copyText(value, button) {
  const said = button.textContent;
  let done = true;
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    done = copiedByHand(value, button.parentElement);
  }
  button.textContent = done ? "copied" : "not allowed here";
  button.addEventListener("blur", () => { button.textContent = said; }, { once: true });
  button.addEventListener("mouseleave", () => { button.textContent = said; }, { once: true });
  document.getElementById("announcement").textContent = button.textContent;
}

// A frame without the permission may still copy what is selected in it.
function copiedByHand(value, beside) {
  const area = make("textarea", { class: "visually-hidden", "aria-hidden": "true" });
  area.value = value;
  beside.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function makeCopying() {
  function text(cell) {
    const shown = cell.cloneNode(true);
    shown.querySelectorAll(".sort, .axis-label, .ticks, .track").forEach((part) => part.remove());
    return shown.textContent.replace(/\s+/g, " ").trim();
  }

  // The cells as a full grid: a cell that spans rows or columns stands in each of them.
  function grid(table) {
    const rows = [...table.rows].filter((row) => !row.closest("[hidden]"));
    const filled = rows.map(() => []);
    rows.forEach((row, r) => {
      let column = 0;
      for (const cell of row.cells) {
        while (filled[r][column] !== undefined) column += 1;
        for (let down = 0; down < cell.rowSpan && r + down < rows.length; down += 1) {
          for (let right = 0; right < cell.colSpan; right += 1) {
            filled[r + down][column + right] = cell.hidden || cell.matches(".axis, .bar") ? null : text(cell);
          }
        }
      }
    });
    return filled.map((cells) => cells.filter((cell) => cell !== null));
  }

  const asCsv = (rows) => rows.map((cells) => cells.map(csvCell).join(",")).join("\n") + "\n";
  const csvCell = (value) => {
    const inert = /^[=+@\t\r]|^-(?!\d)/.test(value) && !/^[+-]?[\d.]+/.test(value) ? `'${value}` : value;
    return /[",\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  };
  const asMarkdown = (rows) => {
    const line = (cells) => `| ${cells.map((value) => value.replaceAll("|", "\\|")).join(" | ")} |`;
    const [head, ...body] = rows;
    return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n") + "\n";
  };

  for (const table of document.querySelectorAll("table[data-name]")) {
    const action = (label, write) => {
      const button = make("button", { type: "button", onclick: () => copyText(write(grid(table)), button) }, label);
      return button;
    };
    const actions = make("p", { class: "actions" }, "Copy as ", action("CSV", asCsv), action("Markdown", asMarkdown));
    const note = table.nextElementSibling;
    (note?.classList.contains("note") ? note : table).after(actions);
  }

  const files = document.getElementById("downloads");
  const offer = (filename, type, write) => files?.append(make("button", { type: "button", onclick: async () => {
    const address = URL.createObjectURL(new Blob([await write()], { type }));
    saveAs(address, filename);
    URL.revokeObjectURL(address);
  } }, filename));
  for (const carried of document.querySelectorAll("script.download")) {
    const { filename, type } = carried.dataset;
    offer(filename, type, () => unpacked(carried));
    if (filename === "results.json") offer("results.csv", "text/csv", async () => estimatesAsCsv(JSON.parse(await unpacked(carried))));
  }
}
