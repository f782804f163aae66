import type { RunListener } from '../run/RunListener.js';
import { baselineAdvice } from './baselineAdvice.js';
import { createProgressBar, type ProgressBar } from './progressBar.js';

/** Tells how a run goes on the console: lines, and a progress bar on stderr. */
export function consoleLines(): RunListener {
  let bar: ProgressBar | undefined;
  return {
    note(text) {
      console.log(text);
    },
    warning(text) {
      console.warn(text);
    },
    stepped({ totalSteps, config }, { step, epoch, loss, images }) {
      bar ??= createProgressBar({ totalSteps, startStep: step - 1 });
      bar.update({ step, loss, images, label: `epoch ${epoch}/${config.epochs}` });
    },
    async epochEnded(_, { epoch, trainLoss, validationLoss, bestEpoch, seconds }) {
      bar?.print(
        `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ` +
          `${seconds.toFixed(0)} s${bestEpoch === epoch ? ', best so far' : ''}`,
      );
    },
    async epochSaved({ config }, { epoch }) {
      if (epoch === config.epochs) bar?.close();
    },
    stopped(step, command) {
      bar?.close();
      console.log(
        step > 0
          ? `stopped at step ${step}; go on with: ${command}`
          : 'stopped before the first step: there is nothing to save',
      );
    },
    finished(run, { validationLoss, imagesPerSecond, skippedChips }) {
      const { baseline, state, folder } = run;
      console.log(
        `validation loss ${validationLoss?.toFixed(4)}, baseline ${baseline.toFixed(4)}, ` +
          `${state.seconds.toFixed(0)} s, ${imagesPerSecond?.toFixed(1)} images/s; ` +
          `${skippedChips > 0 ? `${skippedChips} chips skipped; ` : ''}see ${folder}`,
      );
      const advice = baselineAdvice(run);
      if (advice) console.log(advice);
    },
  };
}
