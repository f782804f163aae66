/**
 * An uncompressed one-band uint16 TIFF in strips of `rows` rows; the value of pixel (row, column) is row · 7 + column.
 */
export function stripedTiff(width: number, height: number, rows: number): Uint8Array {
  const strips = Math.ceil(height / rows);
  const tags = 9;
  const tables = 8 + 2 + 12 * tags + 4;
  const pixels = tables + 8 * strips;
  const bytes = new Uint8Array(pixels + 2 * width * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, tags, 0]);
  const entries = [
    [256, 1, width],
    [257, 1, height],
    [258, 1, 16],
    [259, 1, 1],
    [262, 1, 1],
    [273, strips, tables],
    [277, 1, 1],
    [278, 1, rows],
    [279, strips, tables + 4 * strips],
  ];
  entries.forEach(([code, count, value], i) => {
    const at = 10 + 12 * i;
    view.setUint16(at, code, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  for (let i = 0; i < strips; i++) {
    view.setUint32(tables + 4 * i, pixels + 2 * width * rows * i, true);
    const count = 2 * width * Math.min(rows, height - rows * i);
    view.setUint32(tables + 4 * (strips + i), count, true);
  }
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      view.setUint16(pixels + 2 * (row * width + column), row * 7 + column, true);
  }
  return bytes;
}
