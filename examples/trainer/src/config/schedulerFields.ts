/** Learning-rate schedules of the trainer. */
export const SCHEDULER_NAMES = [
  'none',
  'cosine',
  'cosinewarm',
  'step',
  'multistep',
  'plateau',
  'poly',
  'onecycle',
] as const;

/** Name of a learning-rate schedule. */
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/**
 * The learning rate over the run, with the options of torch's classes and, where they are missing, the tutorial's
 * defaults. All lengths count epochs.
 */
export interface SchedulerFields {
  scheduler: SchedulerName;
  /**
   * `'epoch'`: the rate changes after each epoch, as in the tutorial. `'step'`: after each step, every length
   * multiplied by the steps of an epoch. plateau goes by epochs and onecycle by steps whatever this says.
   */
  scheduleUnit: 'epoch' | 'step';
  /** Linear warm-up from a tenth of the rate. */
  warmup: number;
  /** cosine; missing: the length of the run. */
  tMax?: number;
  /** cosine and cosinewarm; 0. */
  etaMin?: number;
  /** cosinewarm; 10. */
  t0?: number;
  /** cosinewarm; 1. */
  tMult?: number;
  /** step; 30. */
  stepSize?: number;
  /** step and multistep; 0.1. */
  gamma?: number;
  /** multistep; [30, 60, 90]. */
  milestones?: number[];
  /** plateau; whether the validation loss should fall; `'min'`. */
  mode?: 'min' | 'max';
  /** plateau; 0.1. */
  factor?: number;
  /** plateau; 10. */
  patience?: number;
  /** plateau; 1e-4. */
  threshold?: number;
  /** plateau; `'rel'`. */
  thresholdMode?: 'rel' | 'abs';
  /** plateau; 0. */
  cooldown?: number;
  /** plateau; 0. */
  minLr?: number;
  /** poly; missing: the length of the run. */
  maxDecaySteps?: number;
  /** poly; 1e-6. */
  minLearningRate?: number;
  /** poly; 1. */
  power?: number;
  /** onecycle; missing: `learningRate`. */
  maxLr?: number;
  /** onecycle; 0.3. */
  pctStart?: number;
  /** onecycle; `'cos'`. */
  annealStrategy?: 'cos' | 'linear';
  /** onecycle; 25. */
  divFactor?: number;
  /** onecycle; 1e4. */
  finalDivFactor?: number;
}

/** A field that not every schedule has. */
export type SchedulerOption = Exclude<keyof SchedulerFields, 'scheduler' | 'scheduleUnit' | 'warmup'>;

const OPTIONS: Record<SchedulerName, readonly SchedulerOption[]> = {
  none: [],
  cosine: ['tMax', 'etaMin'],
  cosinewarm: ['t0', 'tMult', 'etaMin'],
  step: ['stepSize', 'gamma'],
  multistep: ['milestones', 'gamma'],
  plateau: ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr'],
  poly: ['maxDecaySteps', 'minLearningRate', 'power'],
  onecycle: ['maxLr', 'pctStart', 'annealStrategy', 'divFactor', 'finalDivFactor'],
};

/** Every option that some schedule has. */
export const SCHEDULER_OPTIONS = [...new Set(Object.values(OPTIONS).flat())];

/** The options that a schedule has. */
export function optionsOfScheduler(name: SchedulerName): readonly SchedulerOption[] {
  return OPTIONS[name];
}
