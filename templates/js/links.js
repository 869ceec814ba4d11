// A link to a class or a table opens what hides it before it goes there.
function followLinks(page) {
  function open() {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      // It names nothing of this page.
    }
    const k = /^class-\d+$/.test(id) ? Number(id.slice(6)) : page.K;
    if (k < page.K) page.tell("reveal", k);
    const target = document.getElementById(id);
    if (!target) return;
    for (let outer = target; outer; outer = outer.parentElement) {
      if (outer.tagName === "DETAILS") outer.open = true;
    }
    target.scrollIntoView({ block: target.tagName === "TBODY" ? "center" : "start", behavior: "instant" });
  }
  addEventListener("hashchange", open);
  if (location.hash) open();
}
