import type { MultiCropOptions } from './multiCrop.js';

/** How a training by self-distillation is set. */
export interface DinoSettings {
  crops: MultiCropOptions;
  /** Of the student's output. */
  studentTemperature: number;
  /** Of the teacher's: at first, in the end, and over how many epochs between. */
  teacherTemperature: { warmup: number; final: number; warmupEpochs: number };
  centreMomentum: number;
  /** Of the teacher's weights, at first; it goes to 1. */
  teacherMomentum: number;
  /** For a batch of 256 images, in the end, and epochs of warm-up. */
  learningRate: { base: number; final: number; warmupEpochs: number };
  /** At first and in the end. */
  weightDecay: { base: number; final: number };
  /** Largest norm of each gradient; 0: any. */
  clipNorm: number;
  /** Epochs in which the head's last layer is left as it is. */
  freezeLastLayer: number;
  /** Share of images that go around a part of the student's last block; `dropPathRate` of `vit`. */
  dropPath: number;
}

const DINO: DinoSettings = {
  crops: {
    global: { size: 224, scale: [0.4, 1] },
    local: { count: 8, size: 96, scale: [0.05, 0.4] },
    flip: 0.5,
  },
  studentTemperature: 0.1,
  teacherTemperature: { warmup: 0.04, final: 0.04, warmupEpochs: 0 },
  centreMomentum: 0.9,
  teacherMomentum: 0.996,
  learningRate: { base: 5e-4, final: 1e-6, warmupEpochs: 10 },
  weightDecay: { base: 0.04, final: 0.4 },
  clipNorm: 3,
  freezeLastLayer: 1,
  dropPath: 0.1,
};

/**
 * Settings of trainings: `dino` is that of DINO's code, but without changes of colour, which only suit pictures; `sar`
 * that of a study of radar imagery with twelve bands (crops and horizontal flips alone; a slower centre, sharper
 * outputs, a small learning rate).
 *
 * @example
 * ```ts
 * import { dinoPresets } from 'diffusion-ssl/ssl/dino';
 *
 * console.log(dinoPresets.sar.centreMomentum); // 0.99
 * ```
 */
export const dinoPresets: Readonly<Record<'dino' | 'sar', DinoSettings>> = {
  dino: DINO,
  sar: {
    ...DINO,
    studentTemperature: 0.03,
    teacherTemperature: { warmup: 0.01, final: 0.001, warmupEpochs: 5 },
    centreMomentum: 0.99,
    learningRate: { base: 1e-6, final: 1e-6, warmupEpochs: 0 },
  },
};
