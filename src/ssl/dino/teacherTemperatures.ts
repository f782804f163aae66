import { checkInteger, checkNumber } from '../../internal/checks.js';

/** Options of {@link teacherTemperatures}. */
export interface TeacherTemperatureOptions {
  /** Of the first epoch. Default 0.04. */
  warmup?: number;
  /** Of the last. Default 0.04. */
  final?: number;
  /** Epochs in which it goes from one to the other. Default 0. */
  warmupEpochs?: number;
  epochs: number;
}

/**
 * The temperature of the teacher's output in each epoch: linear, then constant, as in DINO's loss.
 *
 * @throws If a number is out of range.
 * @example
 * ```ts
 * import { teacherTemperatures } from 'diffusion-ssl/ssl/dino';
 *
 * console.log(teacherTemperatures({ warmup: 0.04, final: 0.07, warmupEpochs: 2, epochs: 3 })); // 0.04, 0.07, 0.07
 * ```
 */
export function teacherTemperatures(options: TeacherTemperatureOptions): Float64Array {
  const { warmup = 0.04, final = 0.04, warmupEpochs = 0, epochs } = options;
  checkInteger('teacherTemperatures: epochs', epochs, 0);
  checkInteger('teacherTemperatures: warmupEpochs', warmupEpochs, 0);
  checkNumber('teacherTemperatures: warmup', warmup, Number.MIN_VALUE);
  checkNumber('teacherTemperatures: final', final, Number.MIN_VALUE);
  return Float64Array.from({ length: epochs }, (_, epoch) => {
    if (epoch >= warmupEpochs) return final;
    return warmupEpochs === 1 ? warmup : warmup + ((final - warmup) * epoch) / (warmupEpochs - 1);
  });
}
