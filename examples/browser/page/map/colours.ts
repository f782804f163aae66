/** Colours of classes: first Okabe and Ito's, which people tell apart who see few colours. */
export const PALETTE = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#d55e00',
  '#56b4e9',
  '#f0e442',
  '#7f7f7f',
  '#8c564b',
];

/** A colour for the next class. */
export function nextColour(used: readonly string[]): string {
  return PALETTE.find((colour) => !used.includes(colour)) ?? PALETTE[used.length % PALETTE.length];
}

/** Red, green and blue from 0 to 255 of a colour such as `#0072b2`. */
export function rgbOf(colour: string): [number, number, number] {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

/** Black or white, whichever can be read on a colour. */
export function inkOn(colour: string): string {
  const [red, green, blue] = rgbOf(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 150 ? '#000' : '#fff';
}

/** From sure to unsure. */
const RAMP: readonly [number, number, number][] = [
  [13, 8, 60],
  [160, 30, 120],
  [255, 220, 60],
];

/** The colour of an uncertainty from 0 to 255. */
export function uncertaintyColour(value: number): [number, number, number] {
  const position = (value / 255) * (RAMP.length - 1);
  const first = Math.min(Math.floor(position), RAMP.length - 2);
  const weight = position - first;
  const mixed = RAMP[first].map((part, i) => Math.round(part * (1 - weight) + RAMP[first + 1][i] * weight));
  return [mixed[0], mixed[1], mixed[2]];
}
