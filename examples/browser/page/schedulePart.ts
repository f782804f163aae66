import { computeSnr } from 'diffusion-ssl/diffusion';
import { alphaBarsOf } from '../shared/alphaBarsOf.js';
import type { Pixels } from '../shared/types.js';
import { drawPixels, rangesWithNoise } from './drawPixels.js';
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
      const steps = Array.from({ length: Math.ceil(values.length / stride) }, (_, i) => i * stride);
      return [...steps, values.length - 1].map((step) => [step, values[step]] as const);
    };
    const plot = (id: string, title: string, values: ArrayLike<number>, range?: [number, number]) =>
      linePlot(element(id, HTMLElement), {
        label: `${title} by timestep: ${values[t].toPrecision(3)} at t = ${t}.`,
        title,
        xLabel: 't',
        log: range === undefined,
        range,
        narrow: true,
        curves: [
          { className: 'curve', points: curve(values) },
          {
            className: 'mark',
            points: (range ?? [values[values.length - 1], values[0]]).map((value) => [t, value]),
          },
        ],
      });
    plot('alpha-plot', 'ᾱ: the chip’s share of the variance', alphaBars, [0, 1]);
    plot('snr-plot', 'signal-to-noise ratio', snr);
    element('t-label', HTMLOutputElement).textContent = String(t);
    drawChip(t, alphaBars[t], snr[t]);
  };

  const drawChip = (t: number, alphaBar: number, snr: number) => {
    element('noised-label', HTMLElement).textContent =
      `At t = ${t}, ᾱ is ${alphaBar.toFixed(4)} and the signal-to-noise ratio ${snr.toPrecision(3)}.`;
    const { dataset, bands } = state.value;
    if (!chip || !noise || !dataset) return;
    const { mean, std, ranges } = dataset;
    const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
    const { data } = noise;
    // In the chip's units: the noise is as wide as the bands.
    const mixed = chip.data.map((value, i) => {
      const band = i % mean.length;
      return mean[band] + signal * (value - mean[band]) + spread * std[band] * data[i];
    });
    drawPixels(canvas('chosen'), chip, bands, ranges);
    drawPixels(canvas('noised'), { ...chip, data: mixed }, bands, rangesWithNoise(ranges));
  };
  const showRun = () => {
    const own = state.value.run?.settings.schedule;
    const same =
      own &&
      String([own.type, own.timesteps]) === String([select('schedule').value, input('timesteps').value]);
    element('schedule-hint', HTMLElement).textContent = same
      ? 'The schedule of the network at hand.'
      : 'A new network takes this ' +
        `schedule${own ? `; the one at hand keeps ${nameOf(own.type)} with ${own.timesteps} timesteps` : ''}.`;
  };

  const change = () =>
    attempt(async () => {
      const schedule = scheduleSettings();
      alphaBars = alphaBarsOf(schedule);
      slider.max = String(schedule.timesteps - 1);
      showRun();
      drawAll();
    });

  select('schedule').onchange = change;
  input('timesteps').onchange = change;
  slider.oninput = drawAll;
  state.watch(['dataset', 'chip', 'ready'], ({ dataset, chip: index, ready }) => {
    if (!dataset || !ready) return;
    chip = noise = undefined;
    attempt(async () => {
      const loaded = await Promise.all([worker.call('chip', index), worker.call('noise', 1)]);
      if (state.value.dataset !== dataset || state.value.chip !== index) return;
      [chip, noise] = loaded;
      drawAll();
    });
  });
  state.watch(['run'], change);
  state.watch(['bands'], drawAll);
}

const nameOf = (type: string) =>
  Array.from(select('schedule').options).find(({ value }) => value === type)?.text ?? type;
