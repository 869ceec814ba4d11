// Starts the script of the page. What the page carries is gzipped and in base64.
async function unpacked(carrier) {
  const element = typeof carrier === "string" ? document.getElementById(carrier) : carrier;
  const bytes = Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The policy allows the text of each script by its hash, so that nothing else can come in this way.
async function run(id) {
  const script = document.createElement("script");
  script.textContent = await unpacked(id);
  document.head.append(script);
  document.getElementById(id).textContent = "";
}

// A script on the network may arrive or fail before anything else has started.
const linked = document.querySelector("script[src][integrity]");
const settled = linked && new Promise((settle) => ["load", "error"].forEach((event) => linked.addEventListener(event, settle)));

run("page-script");
