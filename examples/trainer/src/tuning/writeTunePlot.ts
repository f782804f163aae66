import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { lossPlotSvg } from '../pictures/lossPlot.js';
import { svgToPng } from '../pictures/svgToPng.js';
import type { TuneRun } from './TuneRun.js';

/** Writes the losses so far as SVG and PNG. */
export async function writeTunePlot({ folder, state: { checks, config } }: TuneRun): Promise<void> {
  const svg = lossPlotSvg({
    title: 'Loss of fine-tuning',
    train: checks.map(({ step, trainLoss }) => ({ at: step, loss: trainLoss })),
    validation: checks.map(({ step, validationLoss }) => ({ at: step, loss: validationLoss })),
    xLabel: 'step',
    yLabel: {
      ce: 'cross-entropy',
      dice: 'Dice loss',
      focal: 'focal loss',
      'ce+dice': 'cross-entropy + Dice loss',
    }[config.loss],
  });
  await writeFileAtomic(path.join(folder, 'loss.svg'), svg);
  await writeFileAtomic(path.join(folder, 'loss.png'), await svgToPng(svg));
}
