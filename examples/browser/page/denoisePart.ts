import type { SampleFrame } from '../shared/types.js';
import { clearPicture, drawPixels, rangesWithNoise } from './drawPixels.js';
import { button, canvas, element, input, select } from './element.js';
import { attempt } from './notices.js';
import type { Page } from './Page.js';
import { numberIn } from './settings.js';

const FRAME_MS = 80;

/** Draws a chip from noise, and lets one go back and forth through the steps. */
export function denoisePart({ state, worker }: Page): void {
  let frames: SampleFrame[] = [];
  let seed = 0;
  /** Seed of the sample that is shown. */
  let wanted = 0;
  let timer = 0;
  const slider = input('frame');

  const show = (index: number) => {
    const frame = frames[index];
    if (!frame) return;
    slider.value = String(index + 1);
    const words = `${index + 1} of ${frames.length}, t = ${frame.t}`;
    element('frame-label', HTMLOutputElement).textContent = words;
    slider.setAttribute('aria-valuetext', words);
    drawPixels(canvas('noisy'), frame.xT, state.value.bands, rangesWithNoise(frame.ranges));
    drawPixels(canvas('clean'), frame.x0, state.value.bands, frame.ranges);
  };
  /** Takes away what was drawn, before another sample, and where it is none of the network or chips at hand. */
  const clear = () => {
    stopPlaying();
    frames = [];
    slider.max = slider.value = '1';
    slider.disabled = true;
    slider.removeAttribute('aria-valuetext');
    element('frame-label', HTMLOutputElement).textContent = '–';
    element('sample-note', HTMLElement).textContent = '';
    for (const id of ['noisy', 'clean']) clearPicture(canvas(id));
    button('play').disabled = true;
  };
  const stopPlaying = () => {
    clearInterval(timer);
    timer = 0;
    button('play').textContent = 'Play';
  };
  const play = () => {
    let index = slider.valueAsNumber >= frames.length ? 0 : slider.valueAsNumber;
    button('play').textContent = 'Pause';
    timer = window.setInterval(() => {
      show(index++);
      if (index >= frames.length) stopPlaying();
    }, FRAME_MS);
  };

  button('sample').onclick = () =>
    attempt(async () => {
      const steps = numberIn('sample-steps');
      clear();
      state.set({ sampling: true });
      try {
        const chip = select('start').value === 'chip' ? state.value.chip : undefined;
        wanted = seed++;
        await worker.call('sample', { steps, seed: wanted, chip });
      } finally {
        state.set({ sampling: false });
      }
    });
  button('play').onclick = () => (timer ? stopPlaying() : play());
  slider.oninput = () => {
    stopPlaying();
    show(slider.valueAsNumber - 1);
  };
  worker.on('frame', (frame) => {
    if (frame.seed !== wanted) return;
    frames.push(frame);
    element('sample-note', HTMLElement).textContent =
      `Drawn by the network after ${frame.trained} step${frame.trained === 1 ? '' : 's'} of training.`;
    slider.max = String(frames.length);
    slider.disabled = false;
    show(frames.length - 1);
  });
  state.watch(['run', 'dataset'], () => {
    wanted = Number.NaN;
    clear();
  });
  state.watch(['bands'], () => show(slider.valueAsNumber - 1));
  state.watch(['run', 'training', 'sampling', 'ready'], ({ run, sampling, ready }) => {
    button('sample').disabled = !run || sampling || !ready;
    button('play').disabled = sampling || frames.length === 0;
  });
}
