import type { MapStrip } from './MapOutputs.js';
import type { WindowPrediction } from './SceneWindow.js';

/** Which parts of a map are kept beside its classes. */
export interface KeptParts {
  probabilities: boolean;
  uncertainty: boolean;
}

/** The pixels of a window that lie within the scene. */
export interface WindowPlace {
  top: number;
  left: number;
  height: number;
  width: number;
  /** Pixels of a row of the whole window. */
  size: number;
}

/** What the pixels of a window count. */
export interface WindowWeights {
  rows: Float32Array;
  columns: Float32Array;
  /** 1 for each pixel of the whole window that the scene has. */
  valid: Uint8Array;
}

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
    private readonly kept: KeptParts,
  ) {
    this.channels = classes + 1;
    this.values = new Float32Array(rows * width * this.channels);
    this.valid = new Uint8Array(rows * width);
  }

  /** Takes in a window. */
  add(
    { top, left, height, width, size }: WindowPlace,
    { rows, columns, valid }: WindowWeights,
    { probabilities, uncertainty }: WindowPrediction,
  ): void {
    const { values, valid: known, classes, channels } = this;
    for (let y = 0; y < height; y++) {
      const start = (top + y - this.first) * this.width + left;
      for (let x = 0; x < width; x++) {
        const from = y * size + x;
        if (valid[from] === 0) continue;
        const place = start + x;
        known[place] = 1;
        const weight = rows[y] * columns[x];
        if (weight === 0) continue;
        const at = place * channels;
        const first = from * classes;
        for (let i = 0; i < classes; i++) values[at + i] += weight * probabilities[first + i];
        if (!this.kept.uncertainty) continue;
        values[at + classes] +=
          weight * (uncertainty ? uncertainty[from] : entropy(probabilities, first, classes));
      }
    }
  }

  /** Takes out the rows above one: they change no more. */
  take(end: number): MapStrip {
    const { values, channels, kept } = this;
    const pixels = (end - this.first) * this.width;
    const classes = new Uint8Array(pixels).fill(255);
    const probabilities = kept.probabilities && new Float32Array(pixels * this.classes).fill(Number.NaN);
    const uncertainty = kept.uncertainty && new Float32Array(pixels).fill(Number.NaN);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (this.valid[pixel] === 0) continue;
      const at = pixel * channels;
      let best = 0;
      for (let i = 1; i < this.classes; i++) if (values[at + i] > values[at + best]) best = i;
      classes[pixel] = best;
      if (probabilities) {
        for (let i = 0; i < this.classes; i++) probabilities[pixel * this.classes + i] = values[at + i];
      }
      if (uncertainty) uncertainty[pixel] = values[at + this.classes];
    }
    values.copyWithin(0, pixels * channels);
    values.fill(0, values.length - pixels * channels);
    this.valid.copyWithin(0, pixels);
    this.valid.fill(0, this.valid.length - pixels);
    this.first = end;
    return {
      classes,
      probabilities: probabilities || undefined,
      uncertainty: uncertainty || undefined,
    };
  }
}

/** From 0, where one class has all, to 1, where all have the same. */
function entropy(probabilities: Float32Array, start: number, classes: number): number {
  let sum = 0;
  for (let at = start; at < start + classes; at++) {
    if (probabilities[at] > 0) sum -= probabilities[at] * Math.log(probabilities[at]);
  }
  return sum / Math.log(Math.max(classes, 2));
}
