import type { LossPoint, RunInfo, StepReport } from '../shared/types.js';
import { button, element, select } from './element.js';
import { linePlot } from './linePlot.js';
import { mayReplaceRun } from './mayReplaceRun.js';
import { attempt, showNotice } from './notices.js';
import type { Page } from './Page.js';
import { numberIn, runSettings, showSettings, stepSettings } from './settings.js';

/** Points of the plot at most; longer runs show means of several steps. */
const MAX_POINTS = 300;
const REDRAW_MS = 200;

/** Trains, with a plot of the loss. */
export function trainPart({ state, worker }: Page, useSamples: () => Promise<void>): void {
  let losses: LossPoint[] = [];
  let lastDrawn = 0;

  let lastReport: StepReport | undefined;

  const showProgress = () => {
    draw(losses, state.value);
    if (!lastReport) return;
    const progress = element('progress', HTMLElement);
    progress.textContent = describe(lastReport, losses);
    progress.dataset.memory = `${lastReport.tensors} tensors, ${lastReport.bytes} bytes`;
  };
  const startRun = async () => {
    if (!state.value.dataset) await useSamples();
    const run = await worker.call('newRun', runSettings(state.value.dataset ?? { bands: 4, size: 64 }));
    state.set({ run, unsaved: false });
  };

  button('train').onclick = () =>
    attempt(async () => {
      const [steps, settings] = [numberIn('steps'), stepSettings()];
      state.set({ training: true });
      try {
        if (!state.value.dataset) await useSamples();
        if (!state.value.run) await startRun();
        await worker.call('train', steps, settings);
      } finally {
        state.set({ training: false });
        showProgress();
      }
    });
  button('stop').onclick = () => attempt(() => worker.call('stop'));
  button('fresh').onclick = () =>
    attempt(async () => {
      if (!mayReplaceRun(state)) return;
      await startRun();
      showNotice(`A new ${select('network').value} network. Press Train.`, 'info');
    });

  worker.on('step', (report) => {
    losses.push([report.step, report.loss]);
    lastReport = report;
    if (!state.value.unsaved) state.set({ unsaved: true });
    const now = performance.now();
    if (now - lastDrawn < REDRAW_MS) return;
    lastDrawn = now;
    showProgress();
  });
  state.watch(['training', 'ready', 'sampling'], ({ training, ready, sampling }) => {
    button('train').disabled = training || sampling || !ready;
    button('fresh').disabled = training || sampling || !ready;
    button('stop').disabled = !training;
  });
  window.addEventListener('beforeunload', (event) => {
    if (state.value.unsaved) event.preventDefault();
  });
  state.watch(['run'], ({ run }) => {
    losses = [...(run?.losses ?? [])];
    lastReport = undefined;
    if (!run) return;
    showSettings(run.settings);
    element('progress', HTMLElement).textContent =
      `${run.parameters.toLocaleString('en')} parameters, ${run.step} step${run.step === 1 ? '' : 's'} trained.`;
  });
  state.watch(['run', 'dataset'], () =>
    attempt(async () => {
      state.set({ baseline: undefined });
      state.set({ baseline: await worker.call('baseline') });
    }),
  );
  state.watch(['run', 'baseline'], (shared) => draw(losses, shared));
}

function describe({ step, imagesPerSecond, bytes }: StepReport, losses: readonly LossPoint[]): string {
  const recent = losses.slice(-20);
  const loss = recent.reduce((sum, [, value]) => sum + value, 0) / recent.length;
  return (
    `Step ${step}, loss ${loss.toFixed(4)}, ${imagesPerSecond.toFixed(1)} chips a second, ` +
    `${(bytes / 2 ** 20).toFixed(0)} MiB of tensors.`
  );
}

/** What the losses of a run are of. */
function titleOf({ settings }: RunInfo): string {
  const { predictionType, snrPower, minSnrGamma } = settings;
  const weighted = snrPower || minSnrGamma ? 'weighted ' : '';
  const predicted = { noise: 'noise', x0: 'clean chip', v: 'v' }[predictionType];
  return `${weighted}squared error of the ${predicted}; dashed: best affine guess`;
}

function draw(losses: readonly LossPoint[], { run, baseline }: { run?: RunInfo; baseline?: number }): void {
  const width = Math.max(1, Math.ceil(losses.length / MAX_POINTS));
  const raw: LossPoint[] = [];
  const smooth: LossPoint[] = [];
  let average = 0;
  for (let i = 0; i < losses.length; i += width) {
    const part = losses.slice(i, i + width);
    const mean = part.reduce((sum, [, value]) => sum + value, 0) / part.length;
    const [step] = part[part.length - 1];
    // The losses of a run of Node's are means of whole epochs, which need no smoothing.
    const kept = raw.length === 0 ? 0 : 0.9 ** ((step - raw[raw.length - 1][0]) / width);
    average = kept * average + (1 - kept) * mean;
    raw.push([step, mean]);
    smooth.push([step, average]);
  }
  const [first, last] = [losses[0], losses[losses.length - 1]];
  linePlot(element('loss-plot', HTMLElement), {
    label: first
      ? `Loss by step: ${last[0]} steps, from ${first[1].toFixed(3)} to ${average.toFixed(3)}.`
      : 'Loss by step: nothing trained yet.',
    title: run ? titleOf(run) : 'loss',
    xLabel: 'step',
    log: true,
    curves: [
      { className: 'raw', points: raw },
      { className: 'curve', points: smooth },
      {
        className: 'mark',
        points: [first?.[0] ?? 1, last?.[0] ?? 1].map((step) => [step, baseline ?? Number.NaN]),
      },
    ],
  });
}
