import { checkInteger } from '../../internal/checks.js';

/** What a step says of how the training goes; `DinoTraining.step` returns it. */
export interface DinoHealth {
  loss: number;
  /** Mean entropy of the teacher's outputs, in nats, from 0 to ln(out). */
  teacherEntropy: number;
  /** Mean share of an output that differs from the mean of all, from 0 to 1. */
  teacherSpread: number;
}

/** Below this share of their range outputs differ from one another by rounding alone. */
const NO_SPREAD = 0.01;

/** Within this share of ln(out) a loss or an entropy is that of outputs that say nothing. */
const NEAR = 0.005;

/**
 * Watches a training by self-distillation for collapse: that the teacher says the same of every image, which the
 * student learns at once, and from which there is no way back.
 *
 * Either all outputs are uniform, with a loss of ln(out), or one output has all; both show in a spread of 0. A network
 * that has not learned anything yet says the same of every image too: it is an alarm where that lasts.
 *
 * @example
 * ```ts
 * import { CollapseAlarm } from 'diffusion-ssl/ssl/dino';
 *
 * const alarm = new CollapseAlarm({ outDim: 4096, patience: 1 });
 * console.log(alarm.watch({ loss: 8.3178, teacherEntropy: 8.3177, teacherSpread: 0.0001 })); // what to change
 * console.log(alarm.watch({ loss: 7.1, teacherEntropy: 5.2, teacherSpread: 0.6 })); // undefined
 * ```
 */
export class CollapseAlarm {
  private readonly nothing: number;
  private readonly patience: number;
  private count = 0;

  /** @throws If a number is out of range. */
  constructor({
    outDim,
    patience = 500,
  }: {
    /** Values of an output. */
    outDim: number;
    /** Steps in a row that make it an alarm. Default 500. */
    patience?: number;
  }) {
    checkInteger('CollapseAlarm: outDim', outDim, 2);
    checkInteger('CollapseAlarm: patience', patience, 1);
    this.nothing = Math.log(outDim);
    this.patience = patience;
  }

  /** Steps in a row, the last one included, that looked like collapse; may be set to that of a resumed run. */
  get steps(): number {
    return this.count;
  }

  set steps(value: number) {
    this.count = value;
  }

  /** Takes a step in. What is wrong and what to change, once it has lasted; else undefined. */
  watch({ loss, teacherEntropy, teacherSpread }: DinoHealth): string | undefined {
    const isUniform = (value: number) => Math.abs(value - this.nothing) < NEAR * this.nothing;
    const saysNothing = isUniform(loss) && isUniform(teacherEntropy);
    const isCollapsed = saysNothing || teacherSpread < NO_SPREAD;
    this.count = isCollapsed ? this.count + 1 : 0;
    if (this.count < this.patience) return undefined;
    const since = `for ${this.count} steps`;
    if (saysNothing)
      return (
        `The training has collapsed: ${since} the loss is ln(out), ${this.nothing.toFixed(4)}, and the teacher's ` +
        'outputs are uniform. Begin again with a lower teacher temperature (or a slower rise of it), a lower ' +
        'learning rate, or a longer warm-up.'
      );
    if (teacherEntropy < NEAR * this.nothing)
      return (
        `The training has collapsed: ${since} the teacher gives one output to every image. Begin again with a ` +
        'lower centre momentum, so that the centre follows, a higher teacher temperature, or a lower learning rate.'
      );
    return (
      `The training has collapsed: ${since} the teacher's outputs are the same for every image. Begin again with a ` +
      'lower learning rate or a longer warm-up, with larger batches, or with stronger crops.'
    );
  }
}
