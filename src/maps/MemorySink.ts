import type { MapSink } from './SceneWindow.js';

/**
 * Keeps a map in memory: for small scenes, and pages that hand it to the user.
 *
 * @example
 * ```ts
 * import { MemorySink } from 'diffusion-ssl/maps';
 *
 * const sink = new MemorySink();
 * await sink.write(Uint8Array.of(1, 2));
 * console.log(sink.bytes()); // Uint8Array [1, 2]
 * ```
 */
export class MemorySink implements MapSink {
  private pieces: Uint8Array[] = [];

  /** Keeps a copy of the bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    this.pieces.push(bytes.slice());
  }

  async close(): Promise<void> {}

  async abort(): Promise<void> {
    this.pieces = [];
  }

  /** All that was written. */
  bytes(): Uint8Array {
    const whole = new Uint8Array(this.pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
