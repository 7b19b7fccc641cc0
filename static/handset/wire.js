// Requests to the page's own addresses; each that acts carries the page's token.

export class Refused extends Error {}

export class Wire {
  constructor(token, onExchange) {
    this.token = token;
    this.onExchange = onExchange;
  }

  async post(path, body) {
    const answer = await this.request(path, body);
    const said = await answer.json();
    for (const exchange of said.exchanges ?? []) this.onExchange(exchange);
    return said;
  }

  // The answer itself, for what is no JSON; raises Refused with words for the reader.
  async request(path, body) {
    const answer = await fetch(`/phone/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, token: this.token }),
    });
    if (!answer.ok) throw new Refused(await refusal(answer));
    return answer;
  }

  async get(path, query) {
    const answer = await fetch(`/phone/${path}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Refused(await refusal(answer));
    return answer.json();
  }
}

async function refusal(answer) {
  const kind = answer.headers.get("Content-Type") ?? "";
  if (kind.startsWith("application/json")) return (await answer.json()).refused;
  return (await answer.text()).trim();
}
