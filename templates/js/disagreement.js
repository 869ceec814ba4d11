// One pair at a time, chosen from a list.
function disagreement(page) {
  const details = [...document.querySelectorAll("#disagreement details.pair")];
  if (details.length < 2) return;
  const models = page.data.models;
  const label = ({ dataset }) => {
    const { first, second } = page.data.pairs[Number(dataset.pair)];
    return `${models[second].name} − ${models[first].name}`;
  };
  const show = (chosen) => details.forEach((detail) => {
    detail.hidden = detail.dataset.pair !== chosen;
    detail.open = !detail.hidden;
  });
  const select = dropdown("In detail", details.map((detail) => [detail.dataset.pair, label(detail)]), details[0].dataset.pair, show);
  details[0].before(make("div", { class: "toolbar" }, select));
  show(details[0].dataset.pair);
}
