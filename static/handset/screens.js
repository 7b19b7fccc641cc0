// Screens without a field: the idle phone, the list of messages, one message, a notice.

import { el, fill } from "./dom.js";
import { Composer } from "./compose.js";
import { Dialler } from "./call.js";

export class Idle {
  live = true;

  constructor(phone) {
    this.phone = phone;
  }

  draw() {
    const { words, unread, person } = this.phone;
    const count = unread?.size ?? 0;
    this.hour = el("p", { class: "hour" });
    this.day = el("p", { class: "day" });
    this.tick();
    return {
      body: [el("div", { class: "idle" }, this.hour, this.day,
        el("p", { class: "whose", lang: "zh-Hans" }, person?.name ?? ""),
        el("p", { class: count ? "news" : "news none" }, count ? fill(words.unread, { n: count }) : words.none_unread))],
      soft: [words.messages, words.write],
    };
  }

  tick() {
    if (!this.hour) return;
    this.hour.textContent = this.phone.page.clock.time();
    this.day.textContent = this.phone.page.clock.day();
  }

  press(key) {
    const { phone } = this;
    if (key === "soft1" || key === "ok" || key === "down") phone.show(new Inbox(phone));
    else if (key === "soft2") phone.show(new Composer(phone));
    else if (/^[0-9*#]$/.test(key)) phone.show(new Dialler(phone, key));
  }
}

export class Inbox {
  live = true;

  constructor(phone, chosen = 0) {
    this.phone = phone;
    this.chosen = chosen;
  }

  get messages() {
    return this.phone.messages;
  }

  draw() {
    const { words } = this.phone;
    const { messages } = this;
    this.chosen = Math.min(this.chosen, Math.max(0, messages.length - 1));
    const empty = this.phone.spoofs ? words.not_yours : words.inbox_empty;
    const body = messages.length
      ? [el("ol", { class: "list" }, ...messages.map((each, place) => this.line(each, place)))]
      : [el("p", { class: "quiet" }, empty)];
    queueMicrotask(() => this.phone.shell.view.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }));
    return { title: words.messages, body, soft: [messages.length ? words.open : "", words.back] };
  }

  line(message, place) {
    const { phone } = this;
    const mine = message.direction === "in";
    const fresh = !mine && phone.unread.has(message.id);
    const text = phone.drawn(message.text);
    const who = mine ? phone.words.to_us : phone.words.from_us;
    return el("li", {}, el("button", {
      type: "button", tabindex: "-1", class: fresh ? "line fresh" : "line", "aria-current": place === this.chosen ? "true" : null,
      onclick: () => this.open(place),
    }, el("span", { class: "head" }, `${mine ? "↗" : fresh ? "✉" : "↙"} ${who}`,
      el("time", {}, phone.page.clock.short(new Date(message.at)))), el("span", { class: "begin", lang: phone.lang(message.text) }, text)));
  }

  open(place) {
    const message = this.messages[place];
    if (message) this.phone.show(new Message(this.phone, message, place));
  }

  press(key) {
    if (key === "soft1" || key === "ok") this.open(this.chosen);
    else if (key === "soft2" || key === "back" || key === "clear") this.phone.home();
    else if (key === "up" || key === "down") this.move(key === "up" ? -1 : 1);
    else if (/^[1-9]$/.test(key)) this.open(Number(key) - 1);
  }

  move(by) {
    const count = this.messages.length;
    if (!count) return;
    this.chosen = (this.chosen + by + count) % count;
    this.phone.draw();
  }
}

export class Message {
  constructor(phone, message, place) {
    this.phone = phone;
    this.message = message;
    this.place = place;
    phone.unread.delete(message.id);
  }

  draw() {
    const { phone, message } = this;
    const { words, page } = phone;
    const mine = message.direction === "in";
    const at = new Date(message.at);
    return {
      title: mine ? `→ ${message.to}` : `← ${message.from}`,
      body: [el("p", { class: "said", lang: phone.lang(message.text) }, phone.drawn(message.text)),
        el("p", { class: "quiet" },
          `${page.clock.day(at)} ${page.clock.time(at)} · ${fill(words.parts, { n: message.segments })}`)],
      soft: [words.reply, words.back],
    };
  }

  press(key) {
    const { phone } = this;
    const { view } = phone.shell;
    if (key === "soft1" || key === "ok") phone.show(new Composer(phone));
    else if (key === "soft2" || key === "back" || key === "clear") phone.show(new Inbox(phone, this.place));
    else if (key === "up" || key === "down") view.scrollBy({ top: key === "up" ? -60 : 60 });
  }
}

// A few words in the middle of the screen; any key goes on.
export class Notice {
  constructor(phone, text, next = () => phone.home(), goesBy = 0) {
    this.phone = phone;
    this.text = text;
    this.next = next;
    phone.onSaid(text);
    if (goesBy) this.timer = setTimeout(next, goesBy);
  }

  leave() {
    clearTimeout(this.timer);
  }

  draw() {
    return { body: [el("p", { class: "notice" }, this.text)], soft: [this.phone.words.ok, ""] };
  }

  press() {
    this.next();
  }
}
