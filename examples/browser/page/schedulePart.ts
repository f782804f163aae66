import { computeAlphaSchedule, computeSnr, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import type { Pixels } from '../shared/types.js';
import { CLEAN, drawPixels, NOISY } from './drawPixels.js';
import { canvas, element, input, select } from './element.js';
import { linePlot } from './linePlot.js';
import { attempt } from './notices.js';
import type { Page } from './Page.js';
import { scheduleSettings } from './settings.js';

const POINTS = 200;

/** Shows noise schedules, and the chosen chip at a timestep. */
export function schedulePart({ state, worker }: Page): void {
  let alphaBars: ArrayLike<number> = [];
  let chip: Pixels | undefined;
  let noise: Pixels | undefined;
  const slider = input('t');

  const drawAll = () => {
    const t = slider.valueAsNumber;
    const snr = computeSnr(alphaBars);
    const curve = (values: ArrayLike<number>) => {
      const stride = Math.max(1, Math.floor(values.length / POINTS));
      return Array.from(
        { length: Math.ceil(values.length / stride) },
        (_, i) => [i * stride, values[i * stride]] as const,
      );
    };
    const plot = (id: string, title: string, values: ArrayLike<number>, log: boolean, floor: number) =>
      linePlot(element(id, HTMLElement), {
        label: `${title} by timestep: ${values[t].toPrecision(3)} at t = ${t}.`,
        title,
        xLabel: 't',
        log,
        narrow: true,
        curves: [
          { className: 'curve', points: curve(values) },
          {
            className: 'mark',
            points: [
              [t, Math.max(floor, values[values.length - 1])],
              [t, values[0]],
            ],
          },
        ],
      });
    plot('alpha-plot', 'ᾱ: share of the signal', alphaBars, false, 0);
    plot('snr-plot', 'signal-to-noise ratio', snr, true, 1e-8);
    element('t-label', HTMLOutputElement).textContent = String(t);
    drawChip(t, alphaBars[t], snr[t]);
  };

  const drawChip = (t: number, alphaBar: number, snr: number) => {
    element('noised-label', HTMLElement).textContent =
      `At t = ${t}, ᾱ is ${alphaBar.toFixed(4)} and the signal-to-noise ratio ${snr.toPrecision(3)}.`;
    if (!chip || !noise) return;
    const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
    const { data } = noise;
    const mixed = chip.data.map((value, i) => signal * value + spread * data[i]);
    drawPixels(canvas('chosen'), chip, state.value.bands, CLEAN);
    drawPixels(canvas('noised'), { ...chip, data: mixed }, state.value.bands, NOISY);
  };

  const change = () =>
    attempt(async () => {
      const { timesteps, ...betas } = scheduleSettings();
      ({ alphaBars } = computeAlphaSchedule(makeBetaSchedule(timesteps, betas)));
      slider.max = String(timesteps - 1);
      drawAll();
    });

  select('schedule').onchange = change;
  input('timesteps').onchange = change;
  slider.oninput = drawAll;
  state.watch(['dataset', 'chip', 'ready'], ({ dataset, chip: index, ready }) => {
    if (!dataset || !ready) return;
    attempt(async () => {
      [chip, noise] = await Promise.all([worker.call('chip', index), worker.call('noise', 1)]);
      drawAll();
    });
  });
  change();
  state.watch(['bands'], drawAll);
}
