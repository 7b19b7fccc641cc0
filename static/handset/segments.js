// How many SMS a text costs, counted as gateway/sms/segments.py does; a browser test holds the two together.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("^{}\\[~]|€\f"); // an escape and a letter: two septets
const SINGLE = { "GSM-7": 160, "UCS-2": 70 };
const PART = { "GSM-7": 153, "UCS-2": 67 };

export function measure(text) {
  const letters = [...text];
  const plain = letters.every((letter) => BASIC.has(letter) || EXTENSION.has(letter));
  const encoding = plain ? "GSM-7" : "UCS-2";
  const widths = letters.map((letter) => (plain ? (EXTENSION.has(letter) ? 2 : 1) : letter.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const segments = units <= SINGLE[encoding] ? 1 : parts(widths, PART[encoding]);
  return { encoding, units, segments, room: segments === 1 ? SINGLE[encoding] : segments * PART[encoding] };
}

// Neither an escape pair nor a surrogate pair is split: a pair that does not fit moves to the next part.
function parts(widths, room) {
  let count = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > room) {
      count += 1;
      used = 0;
    }
    used += width;
  }
  return count;
}
