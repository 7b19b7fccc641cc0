// The drawn phone: a case, a screen with its status line, and keys. It knows nothing of messages or calls.

import { el, fill, svg } from "./dom.js";

const LETTERS = { 2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz", 0: "␣" };
const PAD = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const KEYBOARD = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
  Enter: "ok", Escape: "back", Backspace: "clear",
};

export class Shell {
  constructor(words, onKey) {
    this.words = words;
    this.onKey = onKey;
    this.status = el("div", { class: "status" });
    this.title = el("div", { class: "caption" });
    this.view = el("div", { class: "view", tabindex: "0", role: "group", "aria-label": words.screen });
    // Whoever clicks the word on the screen means the key below it.
    this.soft = ["soft1", "soft2"].map((name) => el("span", {
      onpointerdown: (event) => event.preventDefault(), onclick: () => this.pressed(name),
    }));
    this.softKeys = [this.key("soft1", "—", ""), this.key("soft2", "—", "")];
    const screen = el("div", { class: "screen" }, this.status, this.title, this.view,
      el("div", { class: "softs", "aria-hidden": "true" }, ...this.soft));
    this.node = el("div", { class: "set", onkeydown: (event) => this.typed(event) },
      el("div", { class: "earpiece", "aria-hidden": "true" }), screen, this.navigation(), this.pad());
  }

  key(name, face, label, kind = name) {
    // Everything that a key does can be done from the keyboard while the screen has the focus, so that Tab need not
    // pass twenty keys; pressing one must not take the caret out of the screen.
    return el("button", {
      type: "button", class: `key ${kind}`, "data-key": name, "aria-label": label, tabindex: "-1",
      onpointerdown: (event) => event.preventDefault(),
      onclick: () => this.pressed(name),
    }, face);
  }

  // After a key was pressed with the mouse the computer's keyboard goes on where it left off.
  pressed(name) {
    if (!this.node.contains(document.activeElement)) this.focus(this.field);
    this.onKey(name);
  }

  navigation() {
    const { words } = this;
    const arrow = (d) => svg("0 0 10 10", { d, fill: "none", stroke: "currentColor", "stroke-width": "1.6" });
    const receiver = "M1 7.2C1 3 11 3 11 7.2V8.4H7.9V6.5C6.7 6 5.3 6 4.1 6.5V8.4H1Z";
    const pad = el("div", { class: "arrows" },
      this.key("up", arrow("M2 7l3-3 3 3"), words.key_up, "arrow up"),
      this.key("left", arrow("M7 2L4 5l3 3"), words.key_left, "arrow left"),
      this.key("ok", "", words.key_ok, "centre"),
      this.key("right", arrow("M4 2l3 3-3 3"), words.key_right, "arrow right"),
      this.key("down", arrow("M2 4l3 3 3-3"), words.key_down, "arrow down"));
    const phone = svg("0 0 12 12", { d: receiver, fill: "currentColor" });
    return el("div", { class: "navigation" },
      this.softKeys[0], pad, this.softKeys[1],
      this.key("call", phone, words.key_call),
      this.key("clear", "C", words.clear, "clear"),
      this.key("end", phone.cloneNode(true), words.key_end));
  }

  pad() {
    const keys = PAD.map((digit) => this.key(digit,
      el("span", {}, el("b", {}, digit), el("small", { "aria-hidden": "true" }, LETTERS[digit] ?? "")), digit, "digit"));
    return el("div", { class: "pad", role: "group", "aria-label": this.words.keypad }, ...keys);
  }

  // The computer's keyboard. In a field letters go their own way, also those of an input method being composed.
  typed(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const field = event.target.matches("input, textarea");
    const known = KEYBOARD[event.key];
    if (event.target.matches("button.key")) return;
    const leaves = event.target.matches("input") ? ["ok", "back", "up", "down"] : ["ok", "back"];
    if (field && !leaves.includes(known)) return;
    if (field && event.key === "Enter" && event.shiftKey) return;
    const key = known ?? (/^[0-9*#]$/.test(event.key) ? event.key : "");
    if (!key) return;
    event.preventDefault();
    this.onKey(key);
  }

  showSoft(labels) {
    labels.forEach((label, place) => {
      this.soft[place].textContent = label;
      const name = place ? this.words.key_soft_right : this.words.key_soft_left;
      this.softKeys[place].setAttribute("aria-label", label ? `${name}: ${label}` : name);
    });
  }

  showStatus({ time, bars, unread }) {
    const heights = [3, 5, 7, 9].map((height, place) => ({
      d: `M${place * 3} 10V${10 - height}h2V10Z`, fill: "currentColor", opacity: place < bars ? "1" : ".22",
    }));
    const signal = el("span", { class: "signal", role: "img", "aria-label": bars ? this.words.signal_full : this.words.no_network },
      svg("0 0 12 10", ...heights), bars ? "" : "✕");
    const letter = unread ? el("span", { class: "unread", role: "img", "aria-label": fill(this.words.unread, { n: unread }) },
      `✉ ${unread}`) : "";
    this.status.replaceChildren(signal, letter, el("time", {}, time));
  }

  // Put a screen on; the focus stays in the phone if it was there, in the field if the screen has one.
  show({ title, body, soft, field }) {
    this.field = field;
    const had = this.node.contains(document.activeElement);
    this.title.textContent = title ?? "";
    this.title.hidden = !title;
    this.view.replaceChildren(...body);
    this.view.scrollTop = 0;
    this.view.setAttribute("tabindex", field ? "-1" : "0");
    this.showSoft(soft);
    if (had) this.focus(field);
  }

  focus(field) {
    // On a touch screen the field's own keyboard would cover the phone: there its keys are meant to be used.
    if (field && matchMedia("(pointer: fine)").matches) {
      field.focus({ preventScroll: true });
      field.setSelectionRange?.(field.value.length, field.value.length);
    } else this.view.focus({ preventScroll: true });
  }
}
