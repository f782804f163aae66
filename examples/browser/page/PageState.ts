import type { DatasetInfo, RunInfo } from '../shared/types.js';

/** What the parts of the page share. */
export interface Shared {
  dataset?: DatasetInfo;
  run?: RunInfo;
  /** Loss of the best affine predictor for this run on these chips. */
  baseline?: number;
  /** Index of the chip that is looked at. */
  chip: number;
  /** Bands shown: three as red, green and blue, or one as grey. */
  bands: number[];
  training: boolean;
  /** Whether steps were trained since the run was last kept. */
  unsaved: boolean;
  sampling: boolean;
  /** Whether a backend runs. */
  ready: boolean;
}

type Listener = (state: Readonly<Shared>) => void;

/** The shared state, with those who want to hear of changes. */
export class PageState {
  private shared: Shared = {
    chip: 0,
    bands: [0, 1, 2],
    training: false,
    unsaved: false,
    sampling: false,
    ready: false,
  };
  private readonly listeners: { keys: (keyof Shared)[]; listener: Listener }[] = [];

  get value(): Readonly<Shared> {
    return this.shared;
  }

  set(changes: Partial<Shared>): void {
    this.shared = { ...this.shared, ...changes };
    for (const { keys, listener } of this.listeners) {
      if (keys.some((key) => key in changes)) listener(this.shared);
    }
  }

  /** Calls the listener now and after each change of one of the keys. */
  watch(keys: (keyof Shared)[], listener: Listener): void {
    this.listeners.push({ keys, listener });
    listener(this.shared);
  }
}
