// One phone: whose it is, what came to it, which screen is on. Screens come from screens.js, compose.js and call.js.

import { fill } from "./dom.js";
import { Shell } from "./shell.js";
import { asBoxes, langOf } from "./text.js";
import { Idle } from "./screens.js";
import { Dialler } from "./call.js";
import { Refused } from "./wire.js";

const ARRIVED = new Set(["sent", "delivered"]);
const ON_THE_WAY = new Set(["queued", "sending", "unknown"]);

export class Phone {
  // `page` holds what both phones share: words, facts, wire, clock, story.
  constructor(page, { onChange, onSaid }) {
    this.page = page;
    this.words = page.words;
    this.onChange = onChange; // the network was used: ask what came of it
    this.onSaid = onSaid; // something a screen reader should hear
    this.switches = { boxes: false, signal: true, twice: false };
    this.shell = new Shell(page.words, (key) => this.press(key));
    this.person = null;
    this.number = "";
    this.show(new Idle(this));
  }

  // Give the phone to somebody; a spoofer sends with a number whose messages go to another phone.
  take(person, { spoofs = false } = {}) {
    this.person = person;
    this.number = person.number;
    this.spoofs = spoofs;
    this.carrier ??= "simulator";
    this.messages = [];
    this.known = null;
    this.unread = new Set();
    this.show(new Idle(this));
  }

  get node() {
    return this.shell.node;
  }

  // As this phone draws a text.
  drawn(text) {
    return this.switches.boxes ? asBoxes(text) : text;
  }

  lang(text) {
    return langOf(this.drawn(text));
  }

  // What the gateway has for this number: texts that arrived, texts sent, what is still on its way.
  apply({ messages }) {
    const here = messages.filter((each) => each.direction === "in" || ARRIVED.has(each.status));
    const came = here.filter((each) => each.direction === "out").map((each) => each.id);
    const fresh = this.known ? came.filter((id) => !this.known.has(id)) : [];
    this.known = new Set([...(this.known ?? []), ...came]);
    for (const id of fresh) this.unread.add(id);
    this.messages = here;
    this.onTheWay = messages.filter((each) => each.direction === "out" && ON_THE_WAY.has(each.status)).length;
    this.lost = messages.filter((each) => each.direction === "out" && each.status === "failed").length;
    if (fresh.length) this.onSaid(fill(this.words.arrived, { text: here.find((each) => each.id === fresh[0]).text }));
    this.refresh();
  }

  // Put a screen on. A screen has draw() and press(key), and may be `live`: drawn again when something arrives.
  show(screen) {
    this.screen?.leave?.();
    this.screen = screen;
    this.draw();
  }

  draw() {
    this.shell.show(this.screen.draw());
    this.tick();
  }

  refresh() {
    if (this.screen.live) this.draw();
    else this.tick();
  }

  home() {
    this.show(new Idle(this));
  }

  tick() {
    this.shell.showStatus({
      time: this.page.clock.time(),
      bars: this.switches.signal ? 4 : 0,
      unread: this.unread?.size ?? 0,
    });
    this.screen.tick?.();
  }

  press(key) {
    if (!this.person) return;
    if (key === "end" && !this.screen.calls) this.home();
    else if (key === "call" && !this.screen.takesCall) this.show(new Dialler(this, this.page.facts.code));
    else this.screen.press(key);
  }

  // Something that goes over the network; tells what went wrong in words, and asks at once what came of it.
  async over(act) {
    try {
      const done = await act();
      this.onChange();
      return done;
    } catch (error) {
      const words = error instanceof Refused ? error.message : this.words.live_off;
      this.onSaid(words);
      return { refused: words };
    }
  }
}
