import path from 'node:path';
import type { Raster } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { RunLoader } from '../conditions/ConditionedLoader.js';
import { imagesOf } from '../data/imagesOf.js';
import { drawSamples } from '../model/drawSamples.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { describeBands, describeRange } from '../pictures/samplePanel.js';
import { emptyLike, toRgb } from '../pictures/toRgb.js';
import { turn } from '../stopping/turn.js';
import type { LoraRun } from './LoraRun.js';
import type { Sites } from './openSite.js';
import { statisticsDistance } from './statisticsDistance.js';
import { trainedShare } from './trainedShare.js';

/** Chips that samples are compared with, and samples drawn at once, at most. */
const MOST_CHIPS = 512;
const AT_ONCE = 16;
/** Samples before and after where it is not said. */
const SAMPLES = 32;
/** Images of a row of the picture, at most. */
const SHOWN = 8;

/** A number before and after the adaptation. */
interface Change {
  before: number;
  after: number;
}

/**
 * Writes what became of both sites, `report.json` and `samples.png`: losses, and samples from the same noise before and
 * after, with their distance from the sites' chips.
 */
export async function reportSites(run: LoraRun, adapted: OpenModel, sites: Sites): Promise<void> {
  const { folder, state, teller } = run;
  const { config, history } = state;
  const [first, last] = [history[0], history[history.length - 1]];
  const names = Object.keys(sites) as (keyof Sites)[];
  const ofSites = <T>(of: (name: keyof Sites) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<keyof Sites, T>;
  const loss = ofSites((name): Change => ({ before: first.losses[name], after: last.losses[name] }));
  let distance: Record<keyof Sites, Change> | undefined;
  const { samples = SAMPLES } = config;
  if (samples > 0) {
    const { before, after } = await drawBoth(run, adapted, sites.new.shape);
    const chips = {} as Record<keyof Sites, Raster[]>;
    for (const name of names) chips[name] = await someChips(sites[name]!.validate, run.signal);
    // One sample, or chip, has no spread.
    if (samples > 1 && names.every((name) => chips[name].length > 1)) {
      distance = ofSites((name) => ({
        before: statisticsDistance(before, chips[name]),
        after: statisticsDistance(after, chips[name]),
      }));
    }
    const rows = [
      ['before', before],
      ['after', after],
      ...names.map((name) => [`${name} site`, chips[name]] as const),
    ] as const;
    await writeFileAtomic(path.join(folder, 'samples.png'), await picture(rows, adapted, samples));
  }
  const report = { ...trainedShare(run), step: state.step, loss, ...(distance && { distance }) };
  await writeFileAtomic(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const told = ({ before, after }: Change, digits: number) =>
    `${before.toFixed(digits)} → ${after.toFixed(digits)}`;
  for (const name of names) {
    const far = distance ? `, distance of samples ${told(distance[name], 2)}` : '';
    teller.note(`${name} site: loss ${told(loss[name], 4)}${far}`);
  }
}

/** Samples of the network as it was and as it is, from the same noise. */
async function drawBoth(
  { state: { config }, signal }: LoraRun,
  adapted: OpenModel,
  [height, width]: readonly number[],
): Promise<{ before: Raster[]; after: Raster[] }> {
  const draw = async (model: OpenModel) => {
    const samples: Raster[] = [];
    for await (const sample of drawSamples(model, {
      ...{ sampler: 'dpm++2m', steps: config.sampleSteps, count: config.samples ?? SAMPLES, batch: AT_ONCE },
      ...{ seed: config.chips.seed, size: [height, width], signal },
    }))
      samples.push(sample);
    return samples;
  };
  const pretrained = await openModel(config.model);
  try {
    return { before: await draw(pretrained), after: await draw(adapted) };
  } finally {
    pretrained.model.dispose();
  }
}

async function someChips(loader: RunLoader, signal: AbortSignal | undefined): Promise<Raster[]> {
  const chips: Raster[] = [];
  for await (const { images, shape } of loader.epoch(0)) {
    await turn(signal);
    chips.push(...imagesOf(images, shape));
    if (chips.length >= MOST_CHIPS) break;
  }
  return chips.slice(0, MOST_CHIPS);
}

/** Samples and real chips, a kind a row. */
function picture(
  rows: readonly (readonly [label: string, images: readonly Raster[]])[],
  { display, shownBands }: OpenModel,
  samples: number,
): Promise<Uint8Array> {
  const columns = Math.min(SHOWN, samples);
  const range = display.rangeOf(shownBands);
  const shown = rows.map(([, images]) =>
    Array.from({ length: columns }, (_, i) => {
      // Spread over all of them: neighbours in a catalog are often neighbours in place.
      const image = images[Math.floor((i * images.length) / columns)];
      return i < images.length ? toRgb(display.inUnits(image), shownBands, range) : emptyLike(image);
    }),
  );
  return imageGrid({
    title: 'Samples before and after, and chips of the sites',
    rows: shown,
    columnLabels: Array.from({ length: columns }, () => ['', ''] as const),
    rowLabels: rows.map(([label]) => label),
    caption: `${describeBands(shownBands, rows[0][1][0].channels)} Values ${describeRange(range)}.`,
  });
}
