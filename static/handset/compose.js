// Writing a text: with the twelve keys (digits first, # for letters) or plainly, in any script, on the computer.

import { el, fill } from "./dom.js";
import { Multitap } from "./multitap.js";
import { Notice } from "./screens.js";
import { measure } from "./segments.js";

const SENT_MS = 1200; // as long as "sent" stands on the screen

export class Composer {
  constructor(phone, text = "") {
    this.phone = phone;
    this.taps = new Multitap();
    this.field = el("textarea", {
      "aria-label": phone.words.text, maxlength: phone.page.facts.longest, autocomplete: "off", spellcheck: "false",
      oninput: () => this.changed(),
    });
    this.field.value = text;
    this.count = el("p", { class: "count" });
    this.mode = el("span", { class: "mode" });
  }

  draw() {
    const { words, page } = this.phone;
    queueMicrotask(() => this.changed());
    return {
      title: `${words.write} → ${page.facts.own}`,
      body: [el("div", { class: "write" }, this.field, this.count)],
      soft: [words.send, this.field.value ? words.clear : words.back],
      field: this.field,
    };
  }

  changed() {
    const { words, shell } = this.phone;
    const text = this.field.value;
    const size = measure(text);
    this.count.replaceChildren(el("span", {}, fill(words.count, size)), this.mode);
    this.mode.textContent = this.taps.mode;
    this.field.lang = this.phone.lang(text);
    shell.showSoft([words.send, text ? words.clear : words.back]);
  }

  press(key) {
    const { phone } = this;
    if (key === "soft1" || key === "ok") this.send();
    else if (key === "back" || (key === "soft2" && !this.field.value)) phone.home();
    else if (key === "soft2" || key === "clear") this.put("", 1);
    else if (key === "#") this.mode.textContent = this.taps.nextMode();
    else if (/^[0-9*]$/.test(key)) {
      const { letter, instead } = this.taps.tap(key, performance.now());
      this.put(letter, instead ? 1 : 0);
    } else if (key === "left" || key === "right") this.step(key === "left" ? -1 : 1);
  }

  // Write at the caret, in place of so many letters before it; a letter may be two units.
  put(letter, instead) {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    const before = [...value.slice(0, start)];
    const kept = start === end ? before.slice(0, before.length - instead).join("") : before.join("");
    if (kept.length + letter.length + value.length - end > this.field.maxLength) return;
    this.field.value = kept + letter + value.slice(end);
    this.field.setSelectionRange(kept.length + letter.length, kept.length + letter.length);
    this.changed();
  }

  step(by) {
    this.taps.forget();
    const at = Math.max(0, Math.min(this.field.value.length, this.field.selectionStart + by));
    this.field.setSelectionRange(at, at);
  }

  async send() {
    const { phone } = this;
    const text = this.field.value;
    if (!text.trim()) return;
    if (!phone.switches.signal) {
      phone.show(new Notice(phone, phone.words.no_network, () => phone.show(this)));
      return;
    }
    const waiting = new Notice(phone, phone.words.sending);
    phone.show(waiting);
    const { carrier, number, switches, page } = phone;
    const said = await phone.over(() => page.wire.post("sms", { from: number, text, carrier, twice: switches.twice }));
    if (said.refused || said.exchanges.some((each) => each.status >= 400)) {
      phone.show(new Notice(phone, said.refused ?? phone.words.not_sent, () => phone.show(this)));
      return;
    }
    page.story.add({ kind: "text", at: said.at, id: said.id, number, carrier, text, twice: switches.twice });
    if (phone.screen === waiting) phone.show(new Notice(phone, phone.words.sent, () => phone.home(), SENT_MS));
  }
}
