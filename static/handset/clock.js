// The gateway's time, which a rehearsal may run faster: told with every state, and carried on in between.

export class Clock {
  constructor(told, zone, lang) {
    this.zone = zone;
    this.lang = lang;
    this.set(told);
  }

  set(told) {
    this.told = told;
    this.at = performance.now();
  }

  get pace() {
    return this.told.pace;
  }

  now() {
    const passed = (performance.now() - this.at) * this.told.pace;
    return new Date(Date.parse(this.told.now) + passed);
  }

  time(moment = this.now()) {
    return this.format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  // Whether the county's day is past one full hour and before the other, over midnight too.
  isBetween(from, to) {
    const hour = Number(this.time().slice(0, 2));
    return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
  }

  day(moment = this.now()) {
    // Browsers know no Tibetan names of days, and would put in those of another language.
    const numbers = { month: "2-digit", day: "2-digit" };
    const names = { month: "short", day: "numeric", weekday: "short" };
    return this.format(moment, this.lang === "bo" ? numbers : names);
  }

  // Short, for a list: the time today, else the day.
  short(moment) {
    const numbers = { month: "2-digit", day: "2-digit" };
    const same = this.format(moment, numbers) === this.format(this.now(), numbers);
    return same ? this.time(moment) : this.format(moment, numbers);
  }

  // As a date field of the browser takes it.
  field(moment) {
    const parts = new Intl.DateTimeFormat("sv-SE", {
      timeZone: this.zone, dateStyle: "short", timeStyle: "short",
    }).format(moment);
    return parts.replace(" ", "T");
  }

  format(moment, options) {
    return new Intl.DateTimeFormat(this.lang === "bo" ? "zh-Hans" : this.lang, { timeZone: this.zone, ...options }).format(moment);
  }
}
