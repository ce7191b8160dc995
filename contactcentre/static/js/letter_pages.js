// On about how many pages a letter will be, by the same rule as the server (channels/letters/wrapping.py).
const FIRST_PAGE = 27;
const OTHER_PAGE = 46;
const AROUND = 8;
const LINE = 95;

export function aboutPages(text) {
  if (!text) return 0;
  const lines = text.split("\n").reduce((sum, one) => sum + Math.max(1, Math.ceil([...one].length / LINE)), AROUND);
  return 1 + Math.max(0, Math.ceil((lines - FIRST_PAGE) / OTHER_PAGE));
}
