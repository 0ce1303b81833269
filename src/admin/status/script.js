// Puts a fresh part in its place every two seconds, while somebody looks; less often where thousands of rows keep the browser busy.
"use strict";
const part = document.getElementById("part");
async function renew() {
  let took = 0;
  if (!document.hidden) {
    try {
      const answer = await fetch("part" + location.search, { cache: "no-store" });
      const text = await answer.text();
      const began = performance.now();
      if (answer.ok) part.innerHTML = text;
      else lost(text);
      // Asked for its height, the browser lays it out now.
      took = part.offsetHeight && performance.now() - began;
    } catch (error) {
      lost("ferryd-status does not answer.");
    }
  }
  setTimeout(renew, Math.max(2000, 10 * took));
}
function lost(why) {
  let state = part.querySelector(".state");
  if (!state) {
    state = document.createElement("p");
    part.prepend(state);
  }
  state.className = "state gone";
  state.textContent = why;
}
setTimeout(renew, 2000);
