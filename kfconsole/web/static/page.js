/* What textual.js leaves to the page: where to connect, the focus, and a word when the connection is over. */
"use strict";

(() => {
  const REASONS = { 4000: "left", 4001: "many", 4002: "broken" };
  const byId = (id) => document.getElementById(id);

  function tellWhy(code) {
    const ended = byId("ended");
    byId("why").textContent = ended.dataset[REASONS[code] || "lost"];
    byId("starting").hidden = true;
    ended.hidden = false;
    byId("again").focus();
  }

  // textual.js keeps its connection to itself.
  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("close", (event) => tellWhy(event.code));
      // Its own listeners come first; the console takes keys from its first picture on.
      const focus = () => document.querySelector(".xterm-helper-textarea").focus();
      this.addEventListener("message", focus, { once: true });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const place = new URL("ws", location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    place.search = place.hash = "";
    byId("terminal").dataset.sessionWebsocketUrl = place.href;
    byId("again").addEventListener("click", () => location.reload());
  });
})();
