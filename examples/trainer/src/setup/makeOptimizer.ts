import {
  AdaBelief,
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  NAdam,
  type PackedOptimizer,
  RAdam,
  RMSprop,
  SAM,
  SGD,
} from 'diffusion-ssl/optimizers';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/** The tutorial's momentum of sgd and rmsprop. */
const DEFAULT_MOMENTUM = 0.9;

type Name = PretrainConfig['optimizer'];

/**
 * The optimizer that a configuration names.
 *
 * @throws If an option is out of range.
 */
export function makeOptimizer(config: PretrainConfig): PackedOptimizer {
  const { optimizer, baseOptimizer = 'sgd', rho, adaptive } = config;
  if (optimizer !== 'sam') return makePlain(optimizer, config);
  return new SAM(makePlain(baseOptimizer, { ...config, rho: undefined }), { rho, adaptive });
}

function makePlain(name: Exclude<Name, 'sam'>, config: PretrainConfig): PackedOptimizer {
  const { learningRate, weightDecay, betas: given, eps, amsgrad, rho, alpha, centered, nesterov } = config;
  const { momentum = DEFAULT_MOMENTUM } = config;
  const betas = given && ([given[0], given[1]] as const);
  const common = { learningRate, weightDecay };
  const make: Record<Exclude<Name, 'sam'>, () => PackedOptimizer> = {
    sgd: () => new SGD({ ...common, momentum, nesterov }),
    adam: () => new Adam({ ...common, betas, eps, amsgrad }),
    adamw: () => new AdamW({ ...common, betas, eps, amsgrad }),
    rmsprop: () => new RMSprop({ ...common, momentum, alpha, eps, centered }),
    adagrad: () => new Adagrad({ ...common, eps }),
    adadelta: () => new Adadelta({ ...common, rho, eps }),
    nadam: () => new NAdam({ ...common, betas, eps }),
    adamax: () => new Adamax({ ...common, betas, eps }),
    radam: () => new RAdam({ ...common, betas, eps }),
    adabelief: () => new AdaBelief({ ...common, betas, eps }),
  };
  return make[name]();
}
