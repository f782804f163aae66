/**
 * 1 for each pixel that has both polarizations and lies farther than `border` pixels from any that has not, along rows
 * and columns; else 0. Where the values end there is no border: a scene may be cut.
 *
 * @param values [height, width, 2], NaN where missing.
 */
export function awayFromMissing(values: Float64Array, width: number, border: number): Uint8Array {
  const pixels = values.length / 2;
  const height = pixels / width;
  const whole = Uint8Array.from({ length: pixels }, (_, i) =>
    Number(!Number.isNaN(values[2 * i]) && !Number.isNaN(values[2 * i + 1])),
  );
  const alongRows = shrunk(whole, { lines: height, length: width, line: width, step: 1 }, border);
  return shrunk(alongRows, { lines: width, length: height, line: 1, step: width }, border);
}

/** 1 where all within `border` along a line are 1. */
function shrunk(
  from: Uint8Array,
  { lines, length, line, step }: { lines: number; length: number; line: number; step: number },
  border: number,
): Uint8Array {
  const out = new Uint8Array(from.length);
  for (let i = 0; i < lines; i++) {
    let missing = 0;
    const isMissing = (at: number) => (at >= 0 && at < length ? 1 - from[i * line + at * step] : 0);
    for (let at = 0; at < border; at++) missing += isMissing(at);
    for (let at = 0; at < length; at++) {
      missing += isMissing(at + border) - isMissing(at - border - 1);
      out[i * line + at * step] = Number(missing === 0);
    }
  }
  return out;
}
