// One box beside the pointer for every chart; its words are also spoken to who cannot see it.
function makeTooltip() {
  const box = document.getElementById("tooltip");
  const announcement = document.getElementById("announcement");

  function place(x, y) {
    const { width, height } = box.getBoundingClientRect();
    const left = x + 14 + width > innerWidth ? x - 14 - width : x + 14;
    const top = y + 14 + height > innerHeight ? y - 14 - height : y + 14;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, top)}px`;
  }

  // Rows are [label, value] or a single text; all of it is text, whatever it looks like.
  function show(x, y, rows, { spoken = false } = {}) {
    box.replaceChildren(...rows.map((row) => {
      const cells = (Array.isArray(row) ? row : [row]).map((text) => {
        const cell = document.createElement("bdi");
        cell.textContent = text;
        return cell;
      });
      return make("div", {}, ...cells);
    }));
    box.hidden = false;
    place(x, y);
    if (spoken) announcement.textContent = rows.flat().join(", ");
  }

  const hide = () => { box.hidden = true; };
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  return { show, hide };
}
