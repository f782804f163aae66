import {
  constant,
  cosineAnnealing,
  cosineAnnealingWarmRestarts,
  type LrScheduler,
  linearWarmup,
  multiStepLr,
  oneCycle,
  polynomial,
  reduceLrOnPlateau,
  stepLr,
} from 'diffusion-ssl/schedulers';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/** A learning-rate schedule, and after what it is stepped. */
export interface RunSchedule {
  schedule: LrScheduler;
  unit: 'epoch' | 'step';
}

/**
 * The learning rate that a configuration names, behind its linear warm-up. Lengths in epochs become steps where it is
 * stepped after each.
 */
export function makeSchedule(config: PretrainConfig, stepsPerEpoch: number): RunSchedule {
  const { scheduler, learningRate, epochs, warmup } = config;
  // plateau looks at the validation loss; the cycle of onecycle is defined over steps.
  const unit = scheduler === 'plateau' ? 'epoch' : scheduler === 'onecycle' ? 'step' : config.scheduleUnit;
  const length = (inEpochs: number) => Math.round(unit === 'step' ? inEpochs * stepsPerEpoch : inEpochs);
  const atLeastOne = (inEpochs: number) => Math.max(1, length(inEpochs));
  const { etaMin, gamma } = config;
  const make: Record<PretrainConfig['scheduler'], () => LrScheduler> = {
    none: () => constant(learningRate),
    cosine: () => cosineAnnealing(learningRate, { tMax: atLeastOne(config.tMax ?? epochs), etaMin }),
    cosinewarm: () =>
      cosineAnnealingWarmRestarts(learningRate, {
        t0: atLeastOne(config.t0 ?? 10),
        tMult: config.tMult,
        etaMin,
      }),
    step: () => stepLr(learningRate, { stepSize: atLeastOne(config.stepSize ?? 30), gamma }),
    multistep: () =>
      multiStepLr(learningRate, { milestones: (config.milestones ?? [30, 60, 90]).map(atLeastOne), gamma }),
    plateau: () => {
      const { mode, factor, patience, threshold, thresholdMode, cooldown, minLr } = config;
      return reduceLrOnPlateau(learningRate, {
        mode,
        factor,
        patience,
        threshold,
        thresholdMode,
        cooldown,
        minLr,
      });
    },
    poly: () =>
      polynomial(learningRate, {
        maxDecaySteps: atLeastOne(config.maxDecaySteps ?? epochs),
        minLr: config.minLearningRate ?? 1e-6,
        power: config.power,
      }),
    onecycle: () => {
      const { maxLr = learningRate, pctStart, annealStrategy, divFactor, finalDivFactor } = config;
      const totalSteps = epochs * stepsPerEpoch;
      return oneCycle(maxLr, { totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor });
    },
  };
  const schedule = make[scheduler]();
  const period = length(warmup);
  return { schedule: period > 0 ? linearWarmup(schedule, { period, baseLr: learningRate }) : schedule, unit };
}
