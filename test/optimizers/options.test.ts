import { describe, expect, it } from 'vitest';
import { AdaBelief } from '../../src/optimizers/AdaBelief.js';
import { Adadelta } from '../../src/optimizers/Adadelta.js';
import { Adagrad } from '../../src/optimizers/Adagrad.js';
import { Adam } from '../../src/optimizers/Adam.js';
import { Adamax } from '../../src/optimizers/Adamax.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { NAdam } from '../../src/optimizers/NAdam.js';
import { RAdam } from '../../src/optimizers/RAdam.js';
import { RMSprop } from '../../src/optimizers/RMSprop.js';
import { SAM } from '../../src/optimizers/SAM.js';
import { SGD } from '../../src/optimizers/SGD.js';

describe('options', () => {
  it.each([
    [() => new SGD({ learningRate: -1 }), /^SGD: learningRate is -1; /],
    [() => new SGD({ momentum: -0.1 }), /^SGD: momentum is -0.1; /],
    [() => new SGD({ dampening: Number.NaN }), /^SGD: dampening is NaN; /],
    [() => new SGD({ weightDecay: -1 }), /^SGD: weightDecay is -1; /],
    [() => new SGD({ nesterov: true }), /^SGD: nesterov is true; it must be false without momentum/],
    [() => new SGD({ nesterov: true, momentum: 0.9, dampening: 0.1 }), /^SGD: nesterov is true; .*dampening/],
    [() => new Adam({ betas: [0.9, 1] }), /^Adam: betas is \[0.9, 1\]; /],
    [() => new Adam({ eps: 0 }), /^Adam: eps is 0; /],
    [() => new NAdam({ momentumDecay: -1 }), /^NAdam: momentumDecay is -1; /],
    [() => new NAdam({ learningRate: Number.NaN }), /^NAdam: learningRate is NaN; /],
    [() => new Adamax({ weightDecay: -1 }), /^Adamax: weightDecay is -1; /],
    [() => new RAdam({ betas: [-0.1, 0.9] }), /^RAdam: betas is \[-0.1, 0.9\]; /],
    [() => new AdaBelief({ eps: -1 }), /^AdaBelief: eps is -1; /],
    [() => new RMSprop({ alpha: 1.1 }), /^RMSprop: alpha is 1.1; /],
    [() => new RMSprop({ momentum: -1 }), /^RMSprop: momentum is -1; /],
    [() => new RMSprop({ eps: 0 }), /^RMSprop: eps is 0; /],
    [() => new RMSprop({ weightDecay: Number.NaN }), /^RMSprop: weightDecay is NaN; /],
    [() => new Adagrad({ learningRateDecay: -1 }), /^Adagrad: learningRateDecay is -1; /],
    [() => new Adagrad({ initialAccumulatorValue: -1 }), /^Adagrad: initialAccumulatorValue is -1; /],
    [() => new Adadelta({ rho: 1.1 }), /^Adadelta: rho is 1.1; /],
    [() => new Adadelta({ eps: 0 }), /^Adadelta: eps is 0; /],
    [() => new SAM(new SGD(), { rho: -1 }), /^SAM: rho is -1; /],
    [() => new SAM(new SGD(), { adaptive: 'yes' as 'asam' }), /^SAM: adaptive is 'yes'; /],
    [() => new SAM(new SAM(new SGD())), /^SAM: base is 'a DiffusionSslSAM of 0 steps'; /],
  ])('out of range are refused by name: %s', (make, message) => expect(make).toThrow(message));

  it('of one class are type errors in another', () => {
    // @ts-expect-error
    new SGD({ betas: [0.9, 0.999] });
    // @ts-expect-error
    new Adam({ momentum: 0.9 });
    // @ts-expect-error
    new AdamW({ decoupledWeightDecay: false });
    // @ts-expect-error
    new RAdam({ amsgrad: true });
    // @ts-expect-error
    new Adamax({ decoupledWeightDecay: true });
    // @ts-expect-error
    new Adadelta({ alpha: 0.9 });
    // @ts-expect-error
    new SAM(new SGD(), { learningRate: 0.1 });
  });
});
