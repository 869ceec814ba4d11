// Starts what the page has: each section's script is a function of the section's stem.
document.documentElement.classList.add("scripted");
