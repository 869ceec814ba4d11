// A link to a class or a table opens what hides it before it goes there.
function followLinks(page) {
  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.dataset.class !== undefined) page.tell("reveal", Number(target.dataset.class));
    for (let outer = target; outer; outer = outer.parentElement) {
      if (outer.tagName === "DETAILS") outer.open = true;
    }
    target.scrollIntoView({ block: target.tagName === "TBODY" ? "center" : "start", behavior: "instant" });
  }
  addEventListener("hashchange", open);
  if (location.hash) open();
}
