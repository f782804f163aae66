/**
 * Takes a pretrained network to a new site, by low-rank adapters and by all of its weights, and sees what it learns
 * there and what it forgets:
 *
 * - `npm run adapt`: pretrained on the Americas of the Blue Marble chips, taken to Australia;
 * - `npm run adapt -- --scene scene.tif`: pretrained on the western half of a scene, taken to the eastern one.
 *
 * Ranks, rates and seeds are varied. Started again it goes on where it stood. Everything is written to runs/adapt or
 * `--out`, with a table and a picture.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readCatalog } from 'diffusion-ssl/data/node';
import { lora } from './trainer/src/commands/lora.js';
import { pretrain } from './trainer/src/commands/pretrain.js';
import { tile } from './trainer/src/commands/tile.js';
import { buildSampleChips } from './trainer/src/data/buildSampleChips.js';
import { escapeXml } from './trainer/src/pictures/escapeXml.js';
import { svgToPng } from './trainer/src/pictures/svgToPng.js';
import { csvLine } from './trainer/src/results/csvLine.js';

const { values: given } = parseArgs({
  options: {
    scene: { type: 'string' },
    out: { type: 'string', default: 'runs/adapt' },
    'pretraining-steps': { type: 'string', default: '600' },
    steps: { type: 'string', default: '80' },
    seeds: { type: 'string', default: '2' },
  },
});
const OUT = given.out;
const words = (text: string) => text.split(' ');
/** Both sites in chips of 32 pixels. */
const BATCH = 16;
const CHIPS = words(`--size 32 --batch ${BATCH}`);
const NETWORK = words('--patch-size 1 --filter-config 12,24,48,48,48,48 --block-num 1,1,1,1,1,1');
/** Chips of a site that losses are of, at most. */
const MEASURED = 32;
/** How it is adapted: ranks, or all weights, at what rates. Samples are drawn at the rate that is drawn first. */
const METHODS = [
  { name: 'all weights', flags: ['--full'], rates: [1e-3, 1e-4] },
  ...[8, 2, 32].map((rank) => ({
    name: `rank ${rank}`,
    flags: ['--rank', String(rank)],
    rates: [1e-2, 1e-3],
  })),
];

/** Where the chips of both sites are. */
interface Sites {
  data: string;
  old: string;
  new: string;
}

/** A number before and after. */
type Change = { before: number; after: number };
/** What a run of `diffusion-ssl lora` reports. */
interface Report {
  share: number;
  loss: Record<'new' | 'old', Change>;
  distance?: Record<'new' | 'old', Change>;
}

/** A method at a rate, over the seeds. */
interface Row {
  name: string;
  rate: number;
  reports: Report[];
}

const sites = given.scene === undefined ? await continents() : await halves(given.scene);
const pretrained = path.join(OUT, 'pretrained');
if (!process.exitCode && !existsSync(path.join(pretrained, 'summary.json'))) {
  const isBegun = existsSync(path.join(pretrained, 'latest.safetensors'));
  const epochs = epochsFor(await trainingChips(sites.old), Number(given['pretraining-steps']));
  const where = ['--data', sites.data, '--catalog', sites.old, '--out', pretrained];
  await pretrain([...where, ...CHIPS, ...NETWORK, '--epochs', epochs, ...(isBegun ? ['--resume'] : [])]);
}
const epochs = epochsFor(await trainingChips(sites.new), Number(given.steps));
const rows: Row[] = [0, 1].flatMap((i) =>
  METHODS.map(({ name, rates }) => ({ name, rate: rates[i], reports: [] })),
);
for (let seed = 0; seed < Number(given.seeds); seed++) {
  for (const { name, rate, reports } of rows) {
    const run = path.join(OUT, `${name} ${rate} seed ${seed}`.replaceAll(' ', '-'));
    const report = path.join(run, 'report.json');
    if (!process.exitCode && !existsSync(report)) {
      const isBegun = existsSync(path.join(run, 'latest.safetensors'));
      const { flags, rates } = METHODS.find((method) => method.name === name)!;
      const where = [
        '--data',
        sites.data,
        '--catalog',
        sites.new,
        '--old-data',
        sites.data,
        '--old-catalog',
        sites.old,
      ];
      const training = [...CHIPS, ...flags, '--lr', String(rate), '--epochs', epochs, '--seed', String(seed)];
      const isDrawn = seed === 0 && rate === rates[0];
      const samples = ['--samples', isDrawn ? '32' : '0', '--sample-steps', '12'];
      const begin = [pretrained, ...where, ...training, ...samples, '--out', run];
      await lora(isBegun ? ['--out', run, '--resume'] : begin);
    }
    if (process.exitCode) break;
    reports.push(JSON.parse(readFileSync(report, 'utf8')));
    await writeResults();
  }
}

/** The Americas and Australia: chips of each but for one band of longitude train. */
async function continents(): Promise<Sites> {
  const { dataPath, catalogPath } = await buildSampleChips('data/blue-marble');
  const within = (low: number, high: number) => (value: number) => value >= low && value < high;
  const [americas, andes] = [within(-130, -34), within(-72, -60)];
  const [australia, middle] = [within(112, 156), within(130, 138)];
  return splitCatalog(dataPath, catalogPath, ({ lon, lat }) => {
    if (americas(lon)) return { site: 'old', usage: andes(lon) ? 'validate' : 'train' };
    if (australia(lon) && lat < -9) return { site: 'new', usage: middle(lon) ? 'validate' : 'train' };
    return undefined;
  });
}

/** The western and the eastern half of a scene: of each every fifth row of tiles validates. */
async function halves(scene: string): Promise<Sites> {
  const data = path.join(OUT, 'tiles');
  if (!existsSync(path.join(data, 'catalog.csv')))
    await tile(['--scenes', scene, '--size', '32', '--out', data, '--split', 'train=1']);
  const catalog = path.join(data, 'catalog.csv');
  const columns = (await readCatalog(catalog)).map(({ values }) => Number(values.column));
  const middle = (Math.min(...columns) + Math.max(...columns)) / 2;
  return splitCatalog(data, catalog, ({ row, column }) => ({
    site: column < middle ? 'old' : 'new',
    usage: row % 5 === 4 ? 'validate' : 'train',
  }));
}

/** Writes a catalog for either site. */
async function splitCatalog(
  data: string,
  catalog: string,
  siteOf: (numbers: Record<string, number>) => { site: 'old' | 'new'; usage: string } | undefined,
): Promise<Sites> {
  mkdirSync(OUT, { recursive: true });
  const chips = (await readCatalog(catalog)).flatMap(({ images, values }) => {
    const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
    const found = siteOf(numbers);
    return found ? [{ image: images[0], ...found }] : [];
  });
  const write = (wanted: 'old' | 'new') => {
    const own = chips.filter(({ site }) => site === wanted);
    const held = own.filter(({ usage }) => usage === 'validate');
    const stride = Math.ceil(held.length / MEASURED);
    const kept = own.filter((chip) => chip.usage === 'train' || held.indexOf(chip) % stride === 0);
    const file = path.join(OUT, `${wanted}.csv`);
    writeFileSync(
      file,
      ['image,usage\n', ...kept.map(({ image, usage }) => csvLine([image, usage]))].join(''),
    );
    return file;
  };
  return { data, old: write('old'), new: write('new') };
}

async function trainingChips(catalog: string): Promise<number> {
  return (await readCatalog(catalog)).filter(({ usage }) => usage === 'train').length;
}

function epochsFor(chips: number, steps: number): string {
  return String(Math.ceil(steps / Math.floor(chips / BATCH)));
}

async function writeResults(): Promise<void> {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const { loss, distance } = rows[0].reports[0];
  const lines = rows
    .filter(({ reports }) => reports.length > 0)
    .map(({ name, rate, reports }) => {
      const after = (site: 'new' | 'old') => {
        const values = reports.map((report) => report.loss[site].after);
        return mean(values).toFixed(4) + (values.length > 1 ? ` ± ${(spread(values) / 2).toFixed(4)}` : '');
      };
      const far = (['new', 'old'] as const).map((site) => reports[0].distance?.[site].after.toFixed(1) ?? '');
      return [name, rate, `${(100 * reports[0].share).toFixed(1)} %`, after('new'), after('old'), ...far];
    });
  const far = (['new', 'old'] as const).map((site) => distance?.[site].before.toFixed(1) ?? '');
  const before = ['as it was', '', '', loss.new.before.toFixed(4), loss.old.before.toFixed(4), ...far];
  const head = [
    'trained',
    'rate',
    'weights',
    'loss, new site',
    'loss, old site',
    'samples, new',
    'samples, old',
  ];
  const table = [head, head.map(() => '---'), before, ...lines]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
  writeFileSync(path.join(OUT, 'table.md'), table);
  const svg = plot();
  writeFileSync(path.join(OUT, 'adapt.svg'), svg);
  writeFileSync(path.join(OUT, 'adapt.png'), await svgToPng(svg));
}

/** What is learned of the new site over what is forgotten of the old one, a point a run. */
function plot(): string {
  const [width, height, left, bottom, top] = [760, 460, 80, 56, 48];
  const colours = ['#d55e00', '#0072b2', '#56b4e9', '#7b5ea7'];
  const points = rows.flatMap(({ name, rate, reports }) =>
    reports.map(({ loss }) => {
      const change = (site: 'new' | 'old') => 100 * (loss[site].after / loss[site].before - 1);
      const first = METHODS.find((method) => method.name === name)!.rates[0] === rate;
      const colour = colours[METHODS.findIndex((method) => method.name === name)];
      return { x: change('new'), y: change('old'), colour, first };
    }),
  );
  const ends = (values: readonly number[]) => {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const space = 0.06 * (high - low || 1);
    return [low - space, high + space];
  };
  const [x0, x1] = ends(points.map(({ x }) => x));
  const [y0, y1] = ends(points.map(({ y }) => y));
  const px = (x: number) => (left + ((x - x0) / (x1 - x0)) * (width - left - 220)).toFixed(1);
  const py = (y: number) => (height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom)).toFixed(1);
  const text = (x: number | string, y: number | string, content: string, more = '') =>
    `<text x="${x}" y="${y}" ${more}>${escapeXml(content)}</text>`;
  const percent = (value: number) => `${value.toFixed(0)} %`;
  const marks = [
    text(left, 26, 'What is learned of the new site, and forgotten of the old one', 'font-size="15"'),
    `<line x1="${px(x0)}" x2="${px(x1)}" y1="${py(0)}" y2="${py(0)}" stroke="#bbb"/>`,
    `<line x1="${px(0)}" x2="${px(0)}" y1="${py(y0)}" y2="${py(y1)}" stroke="#bbb"/>`,
    ...[x0, (x0 + x1) / 2, x1].map((x) =>
      text(px(x), height - bottom + 20, percent(x), 'text-anchor="middle"'),
    ),
    ...[y0, (y0 + y1) / 2, y1].map((y) => text(left - 8, py(y), percent(y), 'text-anchor="end"')),
    text(px((x0 + x1) / 2), height - 10, 'change of the loss on the new site', 'text-anchor="middle"'),
    `<text transform="translate(18 ${height / 2}) rotate(-90)" text-anchor="middle">change on the old site</text>`,
    ...points.map(({ x, y, colour, first }) =>
      first
        ? `<circle cx="${px(x)}" cy="${py(y)}" r="5" fill="${colour}"/>`
        : `<circle cx="${px(x)}" cy="${py(y)}" r="5" fill="#fff" stroke="${colour}" stroke-width="2"/>`,
    ),
    ...METHODS.flatMap(({ name, rates }, i) =>
      rates.map((rate, k) => {
        const y = top + 20 + 22 * (2 * i + k);
        const fill = k === 0 ? colours[i] : '#fff';
        const look = `r="5" fill="${fill}" stroke="${colours[i]}" stroke-width="2"`;
        return (
          `<circle cx="${width - 190}" cy="${y - 4}" ${look}/>` +
          text(width - 178, y, `${name}, rate ${rate}`)
        );
      }),
    ),
  ];
  const style = 'font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${style}>
<rect width="100%" height="100%" fill="#fff"/>
${marks.join('\n')}
</svg>
`;
}
