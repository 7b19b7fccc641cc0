// What letters a text is made of: its language for fonts and screen readers, and what a plain phone makes of Tibetan.

const TIBETAN = /[\u0f00-\u0fff]/;
const CHINESE = /[\u3400-\u9fff]/;
const CLUSTER = /\p{Script=Tibetan}\p{M}*/gu;

export function langOf(text) {
  if (TIBETAN.test(text)) return "bo";
  return CHINESE.test(text) ? "zh-Hans" : "en";
}

// A phone without Tibetan letters draws one box where a stack of them stands.
export function asBoxes(text) {
  return text.replace(CLUSTER, "▯");
}
