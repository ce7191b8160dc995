// How many SMS a text is, by the same rules and the same table as the server (channels/sms/segments.py).
import { BASIC, EXTENSION } from "./gsm7.js";

const basic = new Set(BASIC);
const extension = new Set(EXTENSION);

function pack(characters, width, single, each) {
  const widths = characters.map(width);
  const units = widths.reduce((sum, one) => sum + one, 0);
  if (units <= single) return { units, parts: units ? 1 : 0, left: single - units };
  let parts = 1;
  let used = 0;
  for (const one of widths) {
    if (used + one > each) {
      parts += 1;
      used = 0;
    }
    used += one;
  }
  return { units, parts, left: each - used };
}

export function count(text) {
  const characters = [...text];
  const culprits = [...new Set(characters.filter((c) => !basic.has(c) && !extension.has(c)))];
  if (culprits.length) return { ...pack(characters, (c) => c.length, 70, 67), culprits };
  return { ...pack(characters, (c) => (extension.has(c) ? 2 : 1), 160, 153), culprits };
}
