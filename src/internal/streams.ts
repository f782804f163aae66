/** Purposes of random numbers: each draws from its own stream of the run's seed, so none disturbs another. */
export const randomStreams = {
  initialization: 1,
  sampler: 5,
  shuffle: 6,
  selfCondition: 7,
  bound: 8,
  /** Which units a resample holds. */
  bootstrap: 9,
  /** Noise that belongs to a place: the last word of the counter, whose others are column, row and channel. */
  pixel: 10,
  /** Dropout layer `i` draws from stream `dropout + i`. */
  dropout: 1000,
  /** Skip connection `i` is dropped by stream `skipDropout + i`. */
  skipDropout: 2000,
  /** Windows of the scene of row `i` are drawn from stream `window + i`, the epoch being the step. */
  window: 0x40000000,
  /** Which samples lose their condition. */
  conditionDropout: 3000,
  /** Which samples swap their conditions. */
  conditionShuffle: 3001,
  /** The augmentation of chip `i` draws from stream `augmentation + i`, the epoch being the step. */
  augmentation: 0x80000000,
} as const;

// Apart, so that they are in the bundles that use them alone.

/** What is drawn of an autoencoder's latents. */
export const latentStream = 13;

/** Initial values of low-rank adapters. */
export const loraStream = 12;

/** Adapter `i` of a model drops by stream `loraDropoutStream + i`. */
export const loraDropoutStream = 4000;
