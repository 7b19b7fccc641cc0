// Letters on twelve keys: the same key again, soon enough, turns the letter just written into the next one.

const LETTERS = {
  1: ".,?!'1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6",
  7: "pqrs7", 8: "tuv8", 9: "wxyz9", 0: " 0", "*": "*#/-+@",
};
const SOON = 900; // milliseconds

export const MODES = ["123", "abc", "ABC"];

export class Multitap {
  constructor() {
    this.mode = MODES[0];
    this.forget();
  }

  forget() {
    this.key = "";
    this.turn = 0;
    this.at = -Infinity;
  }

  // `#` goes from digits to small and capital letters and back.
  nextMode() {
    this.mode = MODES[(MODES.indexOf(this.mode) + 1) % MODES.length];
    this.forget();
    return this.mode;
  }

  // What a key writes, and whether it takes the place of the letter before.
  tap(key, now) {
    if (this.mode === "123") return { letter: key, instead: false };
    const instead = key === this.key && now - this.at < SOON;
    this.turn = instead ? this.turn + 1 : 0;
    this.key = key;
    this.at = now;
    const letter = LETTERS[key][this.turn % LETTERS[key].length];
    return { letter: this.mode === "ABC" ? letter.toUpperCase() : letter, instead };
  }
}
