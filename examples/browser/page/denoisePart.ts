import type { SampleFrame } from '../shared/types.js';
import { CLEAN, drawPixels, NOISY } from './drawPixels.js';
import { button, canvas, element, input, select } from './element.js';
import { attempt } from './notices.js';
import type { Page } from './Page.js';
import { numberIn } from './settings.js';

const FRAME_MS = 80;

/** Draws a chip from noise, and lets one go back and forth through the steps. */
export function denoisePart({ state, worker }: Page): void {
  let frames: SampleFrame[] = [];
  let seed = 0;
  let timer = 0;
  const slider = input('frame');

  const show = (index: number) => {
    const frame = frames[index];
    if (!frame) return;
    slider.value = String(index + 1);
    const words = `${index + 1} of ${frames.length}, t = ${frame.t}`;
    element('frame-label', HTMLOutputElement).textContent = words;
    slider.setAttribute('aria-valuetext', words);
    drawPixels(canvas('noisy'), frame.xT, state.value.bands, NOISY);
    drawPixels(canvas('clean'), frame.x0, state.value.bands, CLEAN);
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
      stopPlaying();
      frames = [];
      state.set({ sampling: true });
      try {
        const chip = select('start').value === 'chip' ? state.value.chip : undefined;
        await worker.call('sample', { steps, seed: seed++, chip });
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
    frames.push(frame);
    slider.max = String(frames.length);
    slider.disabled = false;
    show(frames.length - 1);
  });
  state.watch(['bands'], () => show(slider.valueAsNumber - 1));
  state.watch(['run', 'training', 'sampling'], ({ run, sampling }) => {
    button('sample').disabled = !run || sampling;
    button('play').disabled = sampling || frames.length === 0;
  });
}
