// Marks in the contents where the reader is.
function markContents() {
  const entries = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main > section")];
  let current = null;

  function mark() {
    const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
    const passed = sections.filter((section) => section.getBoundingClientRect().top < innerHeight * 0.3);
    const here = end ? sections.at(-1) : (passed.at(-1) ?? sections[0]);
    if (here === current) return;
    entries.get(current?.id)?.removeAttribute("aria-current");
    entries.get(here?.id)?.setAttribute("aria-current", "true");
    current = here;
  }

  addEventListener("scroll", mark, { passive: true });
  mark();
}
