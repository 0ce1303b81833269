// Puts a fresh part in its place every two seconds, while somebody looks.
"use strict";
const part = document.getElementById("part");
async function renew() {
  if (!document.hidden) {
    try {
      const answer = await fetch("part" + location.search, { cache: "no-store" });
      const text = await answer.text();
      if (answer.ok) part.innerHTML = text;
      else lost(text);
    } catch (error) {
      lost("ferryd-status does not answer.");
    }
  }
  setTimeout(renew, 2000);
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
