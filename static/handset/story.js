// What was done on both phones since the page was opened, kept to be saved as a story.

import { fill } from "./dom.js";
import { Refused } from "./wire.js";

const MOST = 300;

export class Story {
  constructor({ words, wire, count, onTrouble }) {
    this.words = words;
    this.wire = wire;
    this.count = count;
    this.onTrouble = onTrouble;
    this.begin();
  }

  begin() {
    this.steps = [];
    this.show();
  }

  // A step may go on changing until its call is over; it is read when it is saved.
  add(step) {
    if (this.steps.length < MOST) this.steps.push(step);
    this.show();
  }

  show() {
    this.count.textContent = fill(this.words.steps, { n: this.steps.length });
  }

  async save() {
    this.onTrouble("");
    try {
      const answer = await this.wire.request("story", { steps: this.steps });
      const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "story.toml";
      offer(await answer.blob(), name);
    } catch (error) {
      this.onTrouble(error instanceof Refused ? error.message : this.words.live_off);
    }
  }
}

function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
