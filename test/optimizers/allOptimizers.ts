import { AdaBelief } from '../../src/optimizers/AdaBelief.js';
import { Adadelta } from '../../src/optimizers/Adadelta.js';
import { Adagrad } from '../../src/optimizers/Adagrad.js';
import { Adam } from '../../src/optimizers/Adam.js';
import { Adamax } from '../../src/optimizers/Adamax.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { NAdam } from '../../src/optimizers/NAdam.js';
import type { PackedOptimizer } from '../../src/optimizers/PackedOptimizer.js';
import { RAdam } from '../../src/optimizers/RAdam.js';
import { RMSprop } from '../../src/optimizers/RMSprop.js';
import { SAM } from '../../src/optimizers/SAM.js';
import { SGD } from '../../src/optimizers/SGD.js';

const [learningRate, weightDecay] = [0.02, 0.1];

/** Every optimizer, with options that give it all the state that it can have. */
export const allOptimizers: Record<string, () => PackedOptimizer> = {
  'SGD without momentum': () => new SGD({ learningRate }),
  SGD: () => new SGD({ learningRate, momentum: 0.9, dampening: 0.5, weightDecay }),
  Adam: () => new Adam({ learningRate, weightDecay, amsgrad: true }),
  AdamW: () => new AdamW({ learningRate, weightDecay }),
  RMSprop: () => new RMSprop({ learningRate, weightDecay, momentum: 0.9, centered: true }),
  Adagrad: () => new Adagrad({ learningRate, learningRateDecay: 0.1, initialAccumulatorValue: 0.2 }),
  Adadelta: () => new Adadelta({ weightDecay }),
  NAdam: () => new NAdam({ learningRate, decoupledWeightDecay: true, weightDecay }),
  Adamax: () => new Adamax({ learningRate, weightDecay }),
  RAdam: () => new RAdam({ learningRate, betas: [0.8, 0.9], decoupledWeightDecay: true, weightDecay }),
  AdaBelief: () => new AdaBelief({ learningRate, decoupledWeightDecay: true, weightDecay }),
  'SAM over NAdam': () => new SAM(new NAdam({ learningRate, weightDecay }), { rho: 0.1, adaptive: true }),
};
