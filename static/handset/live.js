// What happens on the phones, as it happens: a stream while there is room for one, else asking every two seconds.

const POLL_MS = 2000;
const STREAM_AGAIN_MS = 20_000;

export class Live {
  constructor({ wire, onState, onHealth }) {
    this.wire = wire;
    this.onState = onState;
    this.onHealth = onHealth;
    this.numbers = [];
    this.source = null;
    this.timer = 0;
    this.round = 0;
    // Who cannot see the page needs no news: a browser has few connections to one address, the gateway few threads.
    document.addEventListener("visibilitychange", () => this.follow(this.numbers));
  }

  // Follow these phones from now on.
  follow(numbers) {
    this.numbers = numbers;
    this.round += 1;
    this.stop();
    if (!document.hidden) this.stream(this.round);
  }

  stop() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
  }

  query() {
    return new URLSearchParams(this.numbers.map((number) => ["number", number]));
  }

  stream(round) {
    const source = new EventSource(`/phone/events?${this.query()}`);
    this.source = source;
    source.onmessage = (event) => {
      if (round !== this.round) return;
      this.onHealth("live_on");
      this.onState(JSON.parse(event.data));
    };
    // A stream ends by itself now and then and the browser comes back; only a refusal closes it for good.
    source.onerror = () => {
      if (round !== this.round || source.readyState !== EventSource.CLOSED) return;
      this.poll(round, performance.now() + STREAM_AGAIN_MS);
    };
  }

  async poll(round, until) {
    if (round !== this.round) return;
    await this.ask(round);
    if (round !== this.round) return;
    const next = performance.now() > until ? () => this.stream(round) : () => this.poll(round, until);
    this.timer = setTimeout(next, POLL_MS);
  }

  // Look once, now: after something was done nobody should have to wait for the next tick.
  async ask(round = this.round) {
    try {
      const state = await this.wire.get("messages", this.query());
      if (round !== this.round) return;
      if (!this.source || this.source.readyState === EventSource.CLOSED) this.onHealth("live_poll");
      this.onState(state);
    } catch {
      if (round === this.round) this.onHealth("live_off");
    }
  }
}
