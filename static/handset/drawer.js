// The drawer for developers: each request as a carrier sends it, and the gateway's answer.

import { el } from "./dom.js";

const KEPT = 30;

export class Drawer {
  constructor(words, node) {
    this.words = words;
    this.list = node;
  }

  add({ carrier, request, answer, status }) {
    this.list.querySelector(".empty")?.remove();
    const [line] = request.split("\n");
    for (const shown of this.list.querySelectorAll("details[open]")) shown.open = false;
    const item = el("li", {},
      el("details", { open: true },
        el("summary", {}, el("b", {}, String(status)), ` ${this.words[`carrier_${carrier}`]} `, el("code", {}, line)),
        el("div", { class: "exchange" }, this.side("request", request), this.side("answer", answer))));
    this.list.prepend(item);
    while (this.list.children.length > KEPT) this.list.lastElementChild.remove();
  }

  side(word, text) {
    return el("div", {}, el("h3", {}, this.words[word]),
      el("pre", { tabindex: "0", "aria-label": this.words[word], role: "group" }, text));
  }
}
