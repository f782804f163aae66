import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { Run } from '../run/Run.js';
import type { RunListener } from '../run/RunListener.js';
import type { RunSamples } from '../run/sampleRun.js';
import { withAverage } from '../run/withAverage.js';
import { lossPlotSvg } from './lossPlot.js';
import { panelSamples } from './panelSamples.js';
import { samplePanel } from './samplePanel.js';
import { samplingGrid } from './samplingGrid.js';
import { svgToPng } from './svgToPng.js';

/** What a network predicts, in words. */
const PREDICTED = { noise: 'noise', x0: 'clean chip', v: 'v' } as const;

/** Bands beside those in colour that are shown of a sample, at most. */
const GREY_BANDS = 2;

/** Draws the pictures of a run: the panel of its best epoch, its losses, its samples. */
export function pictureFiles(): RunListener {
  return {
    async epochEnded(run, { epoch, bestEpoch }) {
      if (epoch === bestEpoch) {
        const panel = await drawPanel(run);
        await writeFileAtomic(path.join(run.folder, 'best.png'), panel);
        run.events.pictureDrawn(run, 'panel', panel);
      }
      await writeLossPlot(run);
    },
    async samplesDrawn(run, samples) {
      const png = await drawSamples(run, samples);
      await writeFileAtomic(path.join(run.folder, 'samples.png'), png);
      run.events.pictureDrawn(run, 'samples', png);
    },
  };
}

/**
 * x0, x_t, noise and reconstruction as they follow from the prediction for the first of the shown chips, with the error
 * of what the network predicts.
 */
async function drawPanel(run: Run): Promise<Uint8Array> {
  const { history, chips } = run.state;
  const samples = await withAverage(run, () => panelSamples(run.denoiser, run.shown, run));
  return samplePanel(samples, {
    title: `Epoch ${history.length}, validation loss ${history.at(-1)!.validationLoss.toFixed(4)}`,
    bands: chips.shownBands,
    imageRange: run.display.rangeOf(chips.shownBands),
    note: `Error: mean squared error of the predicted ${PREDICTED[run.config.predictionType]}.`,
  });
}

/** Writes the loss plot as SVG and as PNG. */
async function writeLossPlot({ folder, config, state, baseline }: Run): Promise<void> {
  const svg = lossPlotSvg({
    title: `Loss of the predicted ${PREDICTED[config.predictionType]}`,
    train: state.history.map(({ trainLoss }, i) => ({ at: i + 1, loss: trainLoss })),
    validation: state.history.map(({ validationLoss }, i) => ({ at: i + 1, loss: validationLoss })),
    baseline: config.loss === 'mse' ? baseline : undefined,
  });
  await writeFileAtomic(path.join(folder, 'loss.svg'), svg);
  await writeFileAtomic(path.join(folder, 'loss.png'), await svgToPng(svg));
}

/** How samples form, and real chips beside them. */
function drawSamples(
  { state, shown, display }: Run,
  { samples, moments, chips }: RunSamples,
): Promise<Uint8Array> {
  const { shownBands: bands } = state.chips;
  const others = Array.from({ length: shown.shape[3] }, (_, band) => band).filter(
    (band) => !bands.includes(band),
  );
  const columns = [...moments, { t: 'result', images: samples }];
  return samplingGrid(
    columns.map(({ t, images }) => ({ t, images: images.map(display.inUnits) })),
    {
      title: `DDIM samples after ${state.step} steps`,
      bands,
      imageRange: display.rangeOf(bands),
      greyBands: others.slice(0, GREY_BANDS).map((band) => ({ band, range: display.rangeOf([band]) })),
      chips: chips.map(display.inUnits),
    },
  );
}
