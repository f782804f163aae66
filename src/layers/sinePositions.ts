/**
 * The fixed positions of DiT: [rows · columns, channels], the first half of the channels for the column, the second for
 * the row, each as sines and then cosines.
 *
 * @param base The grid that the network was made for: on another one, positions are spread over the same range.
 */
export function sinePositions(
  [rows, columns]: readonly [rows: number, columns: number],
  channels: number,
  base: readonly [rows: number, columns: number],
): Float32Array {
  const quarter = channels / 4;
  const values = new Float32Array(rows * columns * channels);
  for (let i = 0; i < rows * columns; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const places = [column * (base[1] / columns), row * (base[0] / rows)];
    for (const [half, place] of places.entries()) {
      for (let k = 0; k < quarter; k++) {
        const angle = place / 10_000 ** (k / quarter);
        const at = i * channels + half * 2 * quarter + k;
        values[at] = Math.sin(angle);
        values[at + quarter] = Math.cos(angle);
      }
    }
  }
  return values;
}
