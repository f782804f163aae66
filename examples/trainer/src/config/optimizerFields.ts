/** Optimizers of the trainer; `'sam'` wraps `baseOptimizer`. */
export const OPTIMIZER_NAMES = [
  'sgd',
  'adam',
  'adamw',
  'rmsprop',
  'adagrad',
  'adadelta',
  'nadam',
  'adamax',
  'radam',
  'adabelief',
  'sam',
] as const;

/** Name of an optimizer. */
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/** The optimizer and its options, with torch's names and, where they are missing, its defaults. */
export interface OptimizerFields {
  optimizer: OptimizerName;
  learningRate: number;
  weightDecay: number;
  betas?: number[];
  eps?: number;
  /** Of sgd and rmsprop; where missing 0.9, the tutorial's default. */
  momentum?: number;
  nesterov?: boolean;
  amsgrad?: boolean;
  /** Smoothing of rmsprop. */
  alpha?: number;
  centered?: boolean;
  /** Of adadelta and of sam, where it is the size of the neighbourhood. */
  rho?: number;
  adaptive?: boolean;
  /** The optimizer inside sam. */
  baseOptimizer?: Exclude<OptimizerName, 'sam'>;
}

/** A field that not every optimizer has. */
export type OptimizerOption = Exclude<keyof OptimizerFields, 'optimizer' | 'learningRate' | 'weightDecay'>;

const OPTIONS: Record<OptimizerName, readonly OptimizerOption[]> = {
  sgd: ['momentum', 'nesterov'],
  adam: ['betas', 'eps', 'amsgrad'],
  adamw: ['betas', 'eps', 'amsgrad'],
  rmsprop: ['momentum', 'alpha', 'eps', 'centered'],
  adagrad: ['eps'],
  adadelta: ['rho', 'eps'],
  nadam: ['betas', 'eps'],
  adamax: ['betas', 'eps'],
  radam: ['betas', 'eps'],
  adabelief: ['betas', 'eps'],
  sam: ['baseOptimizer', 'rho', 'adaptive'],
};

/** Every option that some optimizer has. */
export const OPTIMIZER_OPTIONS = [...new Set(Object.values(OPTIONS).flat())];

/** The options that an optimizer has; those of sam are its own and those of the optimizer inside. */
export function optionsOfOptimizer(name: OptimizerName, base: OptimizerName = 'sgd'): OptimizerOption[] {
  return name === 'sam' ? [...OPTIONS.sam, ...OPTIONS[base]] : [...OPTIONS[name]];
}
