/** Floats of one chunk of rows: two readings of it stay in the first-level cache. */
const CHUNK_FLOATS = 4096;

/** A tensor [..., channels] as rows of channels, cut into chunks of rows by its shape alone. */
export interface ChannelChunks {
  rows: number;
  channels: number;
  rowsPerChunk: number;
  chunks: number;
}

/** The rows of a shape, and their chunks. */
export function channelChunks(shape: readonly number[]): ChannelChunks {
  const channels = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const rowsPerChunk = Math.max(16, Math.floor(CHUNK_FLOATS / channels));
  return { rows, channels, rowsPerChunk, chunks: Math.ceil(rows / rowsPerChunk) };
}

/** Rows of channels worth giving to a thread. */
export function grainOf(channels: number): number {
  return Math.ceil((8 * CHUNK_FLOATS) / channels);
}

/** A tensor [batch, height, width, channels] as rows of each image, cut into chunks. */
export function imageChunks([batch, ...image]: readonly number[]): ChannelChunks & { batch: number } {
  return { batch, ...channelChunks(image) };
}
