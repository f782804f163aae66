/** Pixels between two images. */
const GAP = 2;

/** Lays images out on a sheet, in rows and columns of one size. */
export function layOut<T extends { width: number; height: number }>(
  images: readonly T[],
): { images: (T & { top: number; left: number })[]; width: number; height: number } {
  const [cellWidth, cellHeight] = (['width', 'height'] as const).map((side) =>
    Math.max(...images.map((image) => image[side])),
  );
  const columns = Math.ceil(Math.sqrt(images.length));
  const rows = Math.ceil(images.length / columns);
  return {
    images: images.map((image, i) => ({
      ...image,
      top: Math.floor(i / columns) * (cellHeight + GAP),
      left: (i % columns) * (cellWidth + GAP),
    })),
    width: columns * (cellWidth + GAP) - GAP,
    height: rows * (cellHeight + GAP) - GAP,
  };
}
