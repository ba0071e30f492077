/* What textual.js leaves to the page: where to connect, the focus, the title, the bell, and a word when it is over. */
"use strict";

(() => {
  const REASONS = { 4000: "left", 4001: "many", 4002: "broken" };
  const BELL_HERTZ = 880;
  const BELL_SECONDS = 0.2;
  const MOST_SAID = 4096;
  const byId = (id) => document.getElementById(id);
  const ownTitle = document.title;
  let audio = null;

  // No page may sound before somebody has touched it.
  function allowSound() {
    audio ??= new AudioContext();
    audio.resume();
  }

  function ring() {
    if (audio?.state !== "running") return;
    const tone = new OscillatorNode(audio, { frequency: BELL_HERTZ });
    const loudness = new GainNode(audio, { gain: 0.1 });
    const end = audio.currentTime + BELL_SECONDS;
    loudness.gain.linearRampToValueAtTime(0, end);
    tone.connect(loudness).connect(audio.destination);
    tone.start();
    tone.stop(end);
  }

  // The terminal keeps its title and its bell to itself, so what it is told is read along. A sequence may come in parts.
  function reader() {
    const decoder = new TextDecoder();
    let place = "text";
    let said = "";

    function end() {
      const [, title] = (place.startsWith("command") && /^[02];(.*)$/s.exec(said)) || [];
      if (title !== undefined) document.title = title || ownTitle;
      place = "text";
    }

    function take(character) {
      if (place === "text") {
        if (character === "\x07") ring();
        if (character === "\x1b") place = "escape";
      } else if (place === "escape") {
        place = character === "]" ? "command" : "PX^_".includes(character) ? "string" : "text";
        said = "";
      } else if (place.endsWith("-escape")) {
        end(); // by ESC \, or broken off
      } else if (character === "\x1b") {
        place += "-escape";
      } else if (character === "\x07" && place === "command") {
        end();
      } else if (said.length < MOST_SAID) {
        said += character;
      }
    }

    return (bytes) => {
      for (const character of decoder.decode(bytes, { stream: true })) take(character);
    };
  }

  function tellWhy(code) {
    document.title = ownTitle;
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
      const read = reader();
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string") read(event.data);
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const place = new URL("ws", location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    place.search = place.hash = "";
    byId("terminal").dataset.sessionWebsocketUrl = place.href;
    for (const touch of ["keydown", "pointerdown"]) addEventListener(touch, allowSound, { capture: true });
    byId("again").addEventListener("click", () => location.reload());
  });
})();
