import type { MapStrip } from './MapOutputs.js';

/** The rows of a map between the first that may still change and the last that a window has reached. */
export class StripBuffer {
  /** The scene's row that the buffer begins with. */
  private first = 0;
  /** Probabilities, then the uncertainty, of each pixel. */
  private readonly values: Float32Array;
  /** 1 where the scene has a pixel. */
  private readonly valid: Uint8Array;
  private readonly channels: number;

  constructor(
    private readonly width: number,
    rows: number,
    private readonly classes: number,
  ) {
    this.channels = classes + 1;
    this.values = new Float32Array(rows * width * this.channels);
    this.valid = new Uint8Array(rows * width);
  }

  /** Takes in one pixel of a window. */
  add(row: number, column: number, pixel: { weight: number; from: number } & PixelSource): void {
    const { weight, from, probabilities, uncertainty } = pixel;
    const place = (row - this.first) * this.width + column;
    this.valid[place] = 1;
    if (weight === 0) return;
    const at = place * this.channels;
    let entropy = 0;
    for (let i = 0; i < this.classes; i++) {
      const probability = probabilities[from * this.classes + i];
      this.values[at + i] += weight * probability;
      if (!uncertainty && probability > 0) entropy -= probability * Math.log(probability);
    }
    const own = uncertainty ? uncertainty[from] : entropy / Math.log(Math.max(this.classes, 2));
    this.values[at + this.classes] += weight * own;
  }

  /** Takes out the rows above one: they change no more. */
  take(end: number): MapStrip {
    const pixels = (end - this.first) * this.width;
    const classes = new Uint8Array(pixels).fill(255);
    const probabilities = new Float32Array(pixels * this.classes).fill(Number.NaN);
    const uncertainty = new Float32Array(pixels).fill(Number.NaN);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (this.valid[pixel] === 0) continue;
      const at = pixel * this.channels;
      let best = 0;
      for (let i = 0; i < this.classes; i++) {
        const value = this.values[at + i];
        probabilities[pixel * this.classes + i] = value;
        if (value > this.values[at + best]) best = i;
      }
      classes[pixel] = best;
      uncertainty[pixel] = this.values[at + this.classes];
    }
    this.values.copyWithin(0, pixels * this.channels);
    this.values.fill(0, this.values.length - pixels * this.channels);
    this.valid.copyWithin(0, pixels);
    this.valid.fill(0, this.valid.length - pixels);
    this.first = end;
    return { classes, probabilities, uncertainty };
  }
}

interface PixelSource {
  probabilities: Float32Array;
  uncertainty?: Float32Array;
}
