// Dialling a code, and the call that follows: one screen of the carrier after the other, until one side ends it.

import { el, fill } from "./dom.js";
import { Notice } from "./screens.js";

const LONGEST_ANSWER = 300;

export class Dialler {
  takesCall = true;

  constructor(phone, typed = "") {
    this.phone = phone;
    this.field = keypadField(phone.words.dial, typed, () => this.changed());
  }

  draw() {
    const { words } = this.phone;
    return { title: words.dial, body: [this.field], soft: [words.call, this.field.value ? words.clear : words.back], field: this.field };
  }

  changed() {
    const { words, shell } = this.phone;
    shell.showSoft([words.call, this.field.value ? words.clear : words.back]);
  }

  press(key) {
    const { phone } = this;
    if (key === "soft1" || key === "ok" || key === "call") this.dial();
    else if (key === "back" || (key === "soft2" && !this.field.value)) phone.home();
    else {
      edit(this.field, key);
      this.changed();
    }
  }

  dial() {
    const { phone } = this;
    const { code } = phone.page.facts;
    const typed = this.field.value.trim();
    if (!typed) return;
    const inside = within(code, typed);
    if (inside === null) phone.show(new Notice(phone, fill(phone.words.wrong_code, { code }), () => phone.show(this)));
    else new Call(phone, typed, inside).begin();
  }
}

// What a direct string holds behind the code: `*384*7*1*3#` holds `1*3`; null where it is another code.
export function within(code, typed) {
  const base = code.replace(/#$/, "");
  const rest = typed.startsWith(base) && typed.endsWith("#") ? typed.slice(base.length, -1) : null;
  if (rest === null || (rest && !rest.startsWith("*"))) return null;
  return rest.slice(1);
}

export class Call {
  calls = true;
  takesCall = true;

  constructor(phone, dialled, inside) {
    const { facts, words } = phone.page;
    this.phone = phone;
    this.carrier = facts.ussd.includes(phone.carrier) ? phone.carrier : facts.ussd[0];
    this.typed = inside ? [inside] : [];
    this.session = "";
    this.step = { kind: "call", number: phone.number, carrier: this.carrier, dialled, keys: [], asked: [], drops: false };
    this.field = keypadField(words.answer_here, "", () => {});
    this.waits = true;
  }

  draw() {
    const { phone, screen } = this;
    const { words } = phone;
    if (this.waits) return { body: [el("p", { class: "notice" }, words.calling)], soft: ["", words.cancel] };
    this.text = el("p", { class: "ussd", tabindex: screen.more ? 0 : null, lang: phone.lang(screen.text) }, phone.drawn(screen.text));
    if (!screen.more) return { body: [this.text], soft: [words.ok, ""] };
    return { body: [this.text, this.field], soft: [words.send, words.cancel], field: this.field };
  }

  press(key) {
    if (key === "up" || key === "down") this.scroll(key === "up" ? -60 : 60);
    else if (this.waits) {
      if (["soft2", "end", "back"].includes(key)) this.hangUp();
    } else if (!this.screen.more) {
      if (["soft1", "soft2", "ok", "end", "back", "clear"].includes(key)) this.phone.home();
    } else if (["soft1", "ok", "call"].includes(key)) this.answer();
    else if (["soft2", "end", "back"].includes(key)) this.hangUp();
    else edit(this.field, key);
  }

  scroll(top) {
    for (const each of [this.phone.shell.view, this.text]) each?.scrollBy({ top });
  }

  begin() {
    this.phone.show(this);
    this.turn();
  }

  answer() {
    const typed = this.field.value;
    if (!typed) return;
    this.typed.push(typed);
    this.step.keys.push(typed);
    this.step.asked.push(this.screen.asked);
    this.arrived = false;
    this.field.value = "";
    this.turn();
  }

  async turn() {
    const { phone } = this;
    if (!phone.switches.signal) {
      this.drop();
      return;
    }
    this.waits = true;
    phone.draw();
    const said = await phone.over(() => phone.page.wire.post("ussd", this.facts()));
    if (this.over) return; // hung up meanwhile
    this.waits = false;
    if (said.refused || !said.screen) {
      this.over = true;
      phone.show(new Notice(phone, said.refused ?? phone.words.no_screen));
      return;
    }
    this.take(said);
  }

  take(said) {
    const { phone, step } = this;
    this.began ??= said.at;
    this.arrived = true;
    if (!this.session) phone.page.story.add(step);
    Object.assign(this, { session: said.session, screen: said.screen });
    Object.assign(step, { session: said.session, at: said.at, ends: !said.screen.more });
    phone.onSaid(said.screen.text);
    if (!said.screen.more) this.ended("Success");
    phone.draw();
  }

  facts() {
    const { carrier, session } = this;
    return { from: this.phone.number, carrier, session, text: this.typed.join("*") };
  }

  hangUp() {
    this.step.drops = true;
    this.ended("Incomplete");
    this.phone.home();
  }

  // The line broke: the phone is out of reach.
  drop() {
    const { phone, session } = this;
    this.step.drops = true;
    if (session) this.unsend();
    this.ended("Failed");
    phone.show(new Notice(phone, session ? phone.words.call_dropped : phone.words.no_network));
  }

  // What was typed last never left the phone.
  unsend() {
    if (this.step.keys.length && this.typed.at(-1) === this.step.keys.at(-1) && !this.arrived) {
      this.typed.pop();
      this.step.keys.pop();
      this.step.asked.pop();
    }
  }

  ended(status) {
    if (this.over) return;
    this.over = true;
    if (!this.session) return;
    const { page } = this.phone;
    this.phone.over(() => page.wire.post("ussd/end", { ...this.facts(), status, began: this.began }));
  }
}

function keypadField(label, value, onInput) {
  const field = el("input", {
    class: "line-field", "aria-label": label, maxlength: LONGEST_ANSWER, autocomplete: "off", spellcheck: "false", oninput: onInput,
  });
  field.value = value;
  return field;
}

// A key of the phone in a field: digits and signs are written, C and the right soft key take one back.
function edit(field, key) {
  if (/^[0-9*#]$/.test(key)) field.value += key;
  else if (key === "clear" || key === "soft2" || key === "left") field.value = [...field.value].slice(0, -1).join("");
}
