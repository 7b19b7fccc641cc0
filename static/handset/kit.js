// What lies beside a phone: whose it is, its carrier, its switches, ready-made texts.

import { el, fill } from "./dom.js";
import { Call } from "./call.js";
import { Composer } from "./compose.js";

const FAULTS = { signal: "unreachable", undelivered: "undelivered" };
const OUT_OF_DATE_MS = 2000; // news may be so long on its way

export class Kit {
  constructor(page, phone, { side, onPerson }) {
    this.page = page;
    this.phone = phone;
    this.side = side;
    this.onPerson = onPerson;
    this.turning = Promise.resolve();
    this.people = el("select", { id: `${side}-person`, onchange: () => this.picked() });
    this.victims = el("select", { id: `${side}-pretends`, onchange: () => this.picked() });
    this.pretends = el("div", { class: "field", hidden: true }, this.label("pretends"), this.victims);
    this.links = el("p", { class: "links" });
    this.ready = el("div", { class: "ready" });
    this.air = el("p", { class: "air" });
    this.who = el("p", { class: "who" });
    this.node = el("section", { class: `kit ${side}`, "aria-labelledby": `${side}-name` },
      el("h2", { id: `${side}-name` }, page.words[side]), this.who,
      el("div", { class: "hand" }, phone.node, this.air),
      el("div", { class: "beside" },
        el("div", { class: "field" }, this.label("person"), this.people), this.pretends,
        this.ready, this.carriers(), this.switches(), this.links));
  }

  label(word) {
    return el("label", { for: `${this.side}-${word}` }, this.page.words[word]);
  }

  carriers() {
    const { words, facts } = this.page;
    const note = el("p", { class: "quiet", hidden: true }, words.no_ussd);
    const choose = (event) => {
      this.phone.carrier = event.target.value;
      note.hidden = facts.ussd.includes(event.target.value);
    };
    const select = el("select", { id: `${this.side}-carrier`, onchange: choose },
      ...facts.carriers.map((name) => el("option", { value: name }, words[`carrier_${name}`])));
    return el("div", {}, el("div", { class: "field" }, this.label("carrier"), select), note);
  }

  switches() {
    const { words } = this.page;
    const box = (name, word, act) => {
      const input = el("input", { type: "checkbox", onchange: (event) => act(event.target.checked) });
      this[`${name}Box`] = input;
      return el("label", { class: "switch" }, input, " ", words[word]);
    };
    return el("fieldset", { class: "switches" }, el("legend", {}, words.switches),
      box("boxes", "no_tibetan", (on) => this.draws(!on)),
      box("signal", "no_signal", (on) => this.play("signal", on)),
      box("twice", "twice", (on) => { this.phone.switches.twice = on; }),
      box("undelivered", "undelivered", (on) => this.play("undelivered", on)));
  }

  draws(tibetan) {
    this.phone.switches.boxes = !tibetan;
    this.phone.draw();
  }

  // The network around the phone: one thing goes wrong at a time. The boxes follow the hand at once; the gateway hears
  // of one turn after the other.
  play(name, on) {
    const { phone } = this;
    const { number } = phone;
    const fault = on ? FAULTS[name] : "";
    const wanted = { fault, until: Infinity };
    this.wanted = wanted;
    this.showFault(fault);
    if (!phone.switches.signal && phone.screen instanceof Call) phone.screen.drop();
    phone.tick();
    if (!phone.spoofs) this.turning = this.turning.then(() => this.turn(number, wanted));
  }

  async turn(number, wanted) {
    const { page, phone } = this;
    const { fault } = wanted;
    const at = page.clock.now().toISOString();
    const said = await phone.over(() => page.wire.post("switch", { number, fault }));
    wanted.until = said.refused ? 0 : performance.now() + OUT_OF_DATE_MS;
    if (said.refused) this.showFault(this.told);
    else page.story.add({ kind: "switch", at, number, fault });
  }

  // The fault that is played: what the gateway tells, unless that may be older than what the hand did.
  played() {
    return this.wanted && performance.now() < this.wanted.until ? this.wanted.fault : this.told;
  }

  showFault(fault) {
    this.phone.switches.signal = fault !== FAULTS.signal;
    this.signalBox.checked = fault === FAULTS.signal;
    this.undeliveredBox.checked = fault === FAULTS.undelivered;
  }

  // Who can be picked, in groups; the person whose phone it is stays picked, from wherever.
  offer(around, person) {
    const { words, facts } = this.page;
    this.known = new Map(around.people.map((each) => [each.number, each]));
    if (person && !this.known.has(person.number)) this.known.set(person.number, person);
    for (const select of [this.people, this.victims]) select.replaceChildren(...this.groups());
    this.people.append(el("option", { value: facts.stranger }, words.stranger), el("option", { value: "spoofer" }, words.spoofer));
    this.known.set(facts.stranger, { number: facts.stranger, name: "", title: words.stranger, reports: true });
    if (person) this.people.value = person.number;
  }

  groups() {
    const groups = new Map();
    for (const each of this.known.values()) {
      if (!each.name) continue;
      if (!groups.has(each.title)) groups.set(each.title, el("optgroup", { label: each.title }));
      groups.get(each.title).append(el("option", { value: each.number }, this.called(each)));
    }
    return [...groups.values()];
  }

  called({ name, place, deputy, number }) {
    const aside = [deputy ? this.page.words.deputy : "", place].filter(Boolean).join(" · ");
    return `${name}${aside ? ` (${aside})` : ""} ${number.slice(-4)}`;
  }

  picked() {
    const spoofs = this.people.value === "spoofer";
    this.pretends.hidden = !spoofs;
    this.take(this.known.get(spoofs ? this.victims.value : this.people.value), spoofs);
    this.onPerson();
  }

  take(person, spoofs = false) {
    const { words } = this.page;
    this.wanted = null;
    this.told = "";
    this.showFault(this.told);
    this.phone.take(person, { spoofs });
    const title = spoofs ? words.spoofer : person.title;
    this.who.replaceChildren(el("strong", {}, title), " ", el("span", { lang: "zh-Hans" }, person.name), " ",
      el("span", { class: "figures quiet" }, person.number));
    this.phone.node.setAttribute("aria-label", `${words[this.side]}: ${title} ${person.name}`);
    this.phone.node.setAttribute("role", "group");
    this.showReady(person);
    this.showLinks(person);
  }

  showReady(person) {
    const { words, facts } = this.page;
    const texts = person.reports ? facts.examples.reports : facts.examples.officials;
    const write = (text) => {
      this.phone.show(new Composer(this.phone, text));
      this.phone.shell.focus(this.phone.screen.field);
      this.phone.node.scrollIntoView({ block: "nearest" });
    };
    this.ready.replaceChildren(el("p", { class: "quiet" }, words.examples), ...texts.map((text) => el("button", {
      type: "button", class: "example", lang: this.phone.lang(text), onclick: () => write(text),
    }, text)));
  }

  showLinks(person) {
    const { words, facts } = this.page;
    const number = encodeURIComponent(person.number);
    const links = person.card && !this.phone.spoofs ? [el("a", { href: `/phone/card?number=${number}`, target: "_blank" }, words.card)] : [];
    if (facts.console) links.push(el("a", { href: `/?phone=${number}` }, words.case_page));
    this.links.replaceChildren(...links.flatMap((link) => [link, " "]));
  }

  // What the gateway knows of this phone now.
  apply(state) {
    const { words } = this.page;
    const { phone } = this;
    if (phone.spoofs) return;
    this.told = state.fault;
    this.showFault(this.played());
    phone.apply(state);
    const [from, to] = this.page.facts.quiet;
    const night = phone.onTheWay && this.page.clock.isBetween(from, to);
    const parts = [[phone.onTheWay, words.on_the_way], [night, fill(words.by_night, { hour: to })], [phone.lost, words.lost]];
    this.air.textContent = parts.filter(([n]) => n).map(([n, word]) => fill(word, { n })).join(" · ");
  }
}
