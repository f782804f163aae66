import type { VitConfig } from 'diffusion-ssl/models';
import type { ModelBand, ModelDescription } from 'diffusion-ssl/pretrained';
import type { CollapseAlarm, DinoTraining } from 'diffusion-ssl/ssl/dino';
import type { ChipData } from '../data/chipData.js';
import type { ShownChips } from '../data/shownChips.js';
import type { Display } from '../pictures/display.js';
import type { Teller } from '../run/RunListener.js';
import type { Task } from '../transfer/Task.js';
import type { DinoState } from './DinoState.js';

/** Everything that the parts of a self-distillation share. */
export interface DinoRun {
  folder: string;
  state: DinoState;
  data: ChipData;
  network: VitConfig;
  training: DinoTraining;
  alarm: CollapseAlarm;
  /** A value a batch of each epoch. */
  schedules: Record<'learningRate' | 'weightDecay' | 'teacherMomentum', Float64Array>;
  /** A value an epoch. */
  temperatures: Float64Array;
  bands: readonly ModelBand[];
  normalization: ModelDescription['normalization'];
  /** Labelled chips, for the score. */
  task?: Task;
  shown: ShownChips;
  display: Display;
  checkpointSteps: number;
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  teller: Teller;
  signal?: AbortSignal;
}
