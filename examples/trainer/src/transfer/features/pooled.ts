/** Mean and deviation of each channel of a map, row-major [pixels, channels]: [2 · channels]. */
export function pooled(map: Float32Array, channels: number): Float32Array {
  const pixels = map.length / channels;
  const result = new Float32Array(2 * channels);
  for (let c = 0; c < channels; c++) {
    let [sum, squares] = [0, 0];
    for (let i = c; i < map.length; i += channels) sum += map[i];
    const mean = sum / pixels;
    for (let i = c; i < map.length; i += channels) squares += (map[i] - mean) ** 2;
    result[c] = mean;
    result[channels + c] = Math.sqrt(squares / pixels);
  }
  return result;
}
