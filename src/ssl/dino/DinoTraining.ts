import * as tf from '@tensorflow/tfjs-core';
import { requireBackend } from '../../diffusion/requireBackend.js';
import { ConfigError } from '../../errors/ConfigError.js';
import { argumentError, checkInteger, checkNumber } from '../../internal/checks.js';
import type { NamedParameter } from '../../models/namedParameters.js';
import { setDropoutStep } from '../../models/setDropoutStep.js';
import { VariablePacks } from '../../ops/VariablePacks.js';
import { AdamW } from '../../optimizers/AdamW.js';
import { blend } from '../../optimizers/blend.js';
import { type ClippedGradients, clipByGlobalNorm } from '../../optimizers/clipByGlobalNorm.js';
import { clipEachByNorm } from '../../optimizers/clipEachByNorm.js';
import { GroupedOptimizer } from '../../optimizers/GroupedOptimizer.js';
import { NonFiniteLossError } from '../../training/NonFiniteLossError.js';
import type { DinoHealth } from './CollapseAlarm.js';
import { type DinoNetwork, dinoParameters } from './DinoNetwork.js';
import { dinoLoss } from './dinoLoss.js';
import { movedCentre } from './movedCentre.js';
import { nameNonFinite } from './nameNonFinite.js';
import { passCrops } from './passCrops.js';
import { teacherHealth } from './teacherHealth.js';
import { teacherProbabilities } from './teacherProbabilities.js';

/** Whether a parameter is of the head's last layer. */
const isLast = ({ name }: NamedParameter) => name.startsWith('student.head.last_layer.');

/** Options of {@link DinoTraining}. */
export interface DinoTrainingOptions {
  /** Default 0.1. */
  studentTemperature?: number;
  /** Default 0.9. */
  centreMomentum?: number;
  /** Largest norm of the gradient of each tensor; 0: any. Default 3. */
  clipNorm?: number;
}

/** What a step of {@link DinoTraining} takes of its schedules. */
export interface DinoStep {
  /** The number of the step within the run, from 0: by it the student draws what it draws. */
  step: number;
  learningRate: number;
  /** Of matrices; biases and vectors have none. */
  weightDecay: number;
  /** Share of the teacher's weights that stays. */
  teacherMomentum: number;
  teacherTemperature: number;
  /** Whether the head's last layer is left as it is, as in the first epoch. Default false. */
  freezeLastLayer?: boolean;
}

/** What a step of {@link DinoTraining} says. */
export interface DinoStepResult extends DinoHealth {
  /** Common L2 norm of the gradients before clipping. */
  gradientNorm: number;
}

/**
 * Self-distillation without labels, step by step: a student learns to say of every crop of an image what its teacher
 * says of the two large ones; the teacher is the moving average of the student.
 *
 * A step is DINO's: loss, gradients clipped tensor by tensor, AdamW without decay of biases and vectors, then centre
 * and teacher. Whatever weights `teacher` was made with, it begins as the student. Caron et al.,
 * "Emerging Properties in Self-Supervised Vision Transformers" (2021).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { vit } from 'diffusion-ssl/models';
 * import { dinoHead, DinoTraining } from 'diffusion-ssl/ssl/dino';
 *
 * const make = () => ({
 *   backbone: vit({ imgSize: 32, patchSize: 8, inChans: 2, embedDim: 12, depth: 1, numHeads: 3 }),
 *   head: dinoHead({ inDim: 12, outDim: 16, hiddenDim: 16, bottleneckDim: 8 }),
 * });
 * const training = new DinoTraining(make(), make());
 * const crops = [32, 32, 16, 16].map((size) => tf.randomNormal<tf.Rank.R4>([4, size, size, 2]));
 * const rates = { learningRate: 1e-3, weightDecay: 0.04, teacherMomentum: 0.996, teacherTemperature: 0.04 };
 * const { loss } = await training.step(crops, { step: 0, ...rates });
 * console.log(loss > 0); // true
 * training.dispose();
 * ```
 */
export class DinoTraining {
  /**
   * All that the training has learned, but for the optimizer's state: `student.backbone.…`, `student.head.…`, those of
   * `teacher.`, and `center`. What `writeCheckpoint` and `restoreCheckpoint` take.
   */
  readonly parameters: readonly NamedParameter[];
  /** Its state is saved and restored under the names of the student's parameters. */
  readonly optimizer: GroupedOptimizer;
  /** What is taken from the teacher's outputs, [1, out]: a part of the training's state, which may be assigned. */
  readonly centre: tf.Variable;
  private readonly settings: Required<DinoTrainingOptions>;
  private readonly trained: readonly NamedParameter[];
  private readonly packs: { student: VariablePacks; teacher: VariablePacks };

  /** @throws If the networks are not alike, an option is out of range, or no backend is started. */
  constructor(
    readonly student: DinoNetwork,
    readonly teacher: DinoNetwork,
    { studentTemperature = 0.1, centreMomentum = 0.9, clipNorm = 3 }: DinoTrainingOptions = {},
  ) {
    requireBackend('DinoTraining');
    checkNumber('DinoTraining: studentTemperature', studentTemperature, Number.MIN_VALUE);
    checkNumber('DinoTraining: centreMomentum', centreMomentum, 0, 1);
    checkNumber('DinoTraining: clipNorm', clipNorm, 0);
    this.settings = { studentTemperature, centreMomentum, clipNorm };
    const [own, others] = [dinoParameters('student', student), dinoParameters('teacher', teacher)];
    const shapes = (list: readonly NamedParameter[]) =>
      list.map(({ name, variable }) => `${name.slice('student'.length)} [${variable.shape}]`).join();
    if (shapes(own) !== shapes(others)) {
      throw new ConfigError('DinoTraining: student and teacher must be networks of the same configuration.');
    }
    const variables = (list: readonly NamedParameter[]) => list.map(({ variable }) => variable);
    this.packs = {
      student: new VariablePacks(variables(own)),
      teacher: new VariablePacks(variables(others)),
    };
    this.moveTeacher(0);
    this.trained = own.filter(({ spec }) => spec.trainable);
    const decays = ({ name, variable }: NamedParameter) => variable.rank > 1 && !name.endsWith('.bias');
    const body = this.trained.filter((parameter) => !isLast(parameter));
    this.optimizer = new GroupedOptimizer(
      () => new AdamW({ weightDecay: 0 }),
      [
        { parameters: body.filter(decays) },
        { parameters: body.filter((parameter) => !decays(parameter)), decays: false },
        { parameters: this.trained.filter(isLast) },
      ],
    );
    const out = student.head.outputs[0].shape[1] as number;
    this.centre = tf.variable(tf.zeros([1, out]), false);
    const centre: NamedParameter = {
      name: 'center',
      spec: { shape: [1, out], trainable: false, dtype: 'float32', layout: 'same' },
      variable: this.centre,
    };
    this.parameters = [...own, ...others, centre];
  }

  /**
   * Trains on a batch.
   *
   * @param crops Crops of the images, each [batch, height, width, bands]: the two that the teacher sees, then others.
   * @throws {NonFiniteLossError} If the loss or the norm of the gradients is NaN or infinite: it says whose. Nothing of
   * the training's state is then changed.
   * @throws If there are fewer than two crops, of different batches, or a number is out of range.
   */
  async step(crops: readonly tf.Tensor4D[], options: DinoStep): Promise<DinoStepResult> {
    const { learningRate, weightDecay, teacherMomentum, teacherTemperature, freezeLastLayer } = options;
    checkInteger('DinoTraining.step: step', options.step, 0, 2 ** 31 - 1);
    checkNumber('DinoTraining.step: teacherMomentum', teacherMomentum, 0, 1);
    const batch = crops[0]?.shape[0];
    if (crops.length < 2 || crops.some(({ shape }) => shape[0] !== batch)) {
      const given = crops.map(({ shape }) => shape);
      throw argumentError(
        'DinoTraining.step: crops',
        given,
        'two or more, each [batch, height, width, bands]',
      );
    }
    this.optimizer.learningRate = learningRate;
    this.optimizer.weightDecay = weightDecay;
    const taught = tf.tidy(() => passCrops(this.teacher, crops.slice(0, 2), false).outputs);
    const kept: tf.Tensor[] = [taught];
    try {
      // Two passes a step: each draws from a step of its own.
      setDropoutStep(this.student.backbone, 2 * options.step);
      const { value, grads } = this.gradients(crops, taught, teacherTemperature);
      kept.push(value, ...Object.values(grads));
      const { gradients, norm } = this.clipped(grads);
      kept.push(norm, ...Object.values(gradients));
      const { entropy, spread } = tf.tidy(() =>
        teacherHealth(teacherProbabilities(taught, this.centre, teacherTemperature)),
      );
      kept.push(entropy, spread);
      const [[loss], [gradientNorm], [teacherEntropy], [teacherSpread]] = await Promise.all(
        [value, norm, entropy, spread].map((scalar) => scalar.data()),
      );
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        const advice = await nameNonFinite(crops, taught);
        const norms = Number.isFinite(loss) ? gradientNorm : undefined;
        throw new NonFiniteLossError(loss, norms, { by: 'DinoTraining.step', advice });
      }
      this.update(gradients, freezeLastLayer);
      this.moveCentre(taught);
      this.moveTeacher(teacherMomentum);
      return { loss, gradientNorm, teacherEntropy, teacherSpread };
    } finally {
      tf.dispose(kept);
    }
  }

  /** Gives back the optimizer's state and the centre; the networks stay the caller's. */
  dispose(): void {
    this.optimizer.dispose();
    this.centre.dispose();
  }

  private gradients(crops: readonly tf.Tensor4D[], taught: tf.Tensor2D, teacherTemperature: number) {
    const { studentTemperature } = this.settings;
    return tf.variableGrads(
      () =>
        dinoLoss(passCrops(this.student, crops, true).outputs, taught, {
          crops: crops.length,
          centre: this.centre,
          studentTemperature,
          teacherTemperature,
        }),
      this.trained.map(({ variable }) => variable),
    );
  }

  private clipped(gradients: tf.NamedTensorMap): ClippedGradients {
    const { clipNorm } = this.settings;
    return clipNorm > 0 ? clipEachByNorm(gradients, clipNorm) : clipByGlobalNorm(gradients, Number.MAX_VALUE);
  }

  private update(gradients: tf.NamedTensorMap, freezeLastLayer = false): void {
    const left = freezeLastLayer ? this.trained.filter(isLast) : [];
    const frozen = new Set(left.map(({ variable }) => variable.name));
    const entries = Object.entries(gradients).filter(([name]) => !frozen.has(name));
    this.optimizer.applyGradients(Object.fromEntries(entries));
  }

  private moveCentre(taught: tf.Tensor2D): void {
    tf.tidy(() => {
      this.centre.assign(movedCentre<tf.Tensor>(this.centre, taught, this.settings.centreMomentum));
    });
  }

  private moveTeacher(momentum: number): void {
    const { student, teacher } = this.packs;
    for (const i of teacher.packs.keys()) {
      tf.tidy(() => teacher.write(i, blend(teacher.read(i), student.read(i), momentum)));
    }
  }
}
