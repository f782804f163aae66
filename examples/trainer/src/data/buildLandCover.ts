import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeGeoTiff } from 'diffusion-ssl/data';
import { HEIGHT, WIDTH } from './blueMarble.js';
import {
  type BuildChipsOptions,
  buildChipFolder,
  CHIP,
  type ChipWindow,
  MARGIN,
  STRIDE,
} from './buildChipFolder.js';
import { SAMPLE_BANDS, type SampleChips } from './buildSampleChips.js';

/** Names of the groups of land cover in order of their labels. */
export const LAND_COVER_GROUPS = [
  'water',
  'needleleaf, deciduous and mixed forest',
  'evergreen broadleaf forest',
  'shrubland',
  'savanna',
  'grassland',
  'cropland and urban',
  'snow and barren',
];

const MAX_WATER = 0.65;
/** Sixteen strips of longitude; those held out hold every group. */
const STRIP = WIDTH / 16;
const VALIDATE = [8, 12];
const TEST = [4, 10, 13];
/** The labels' first row in the image: 60° north. */
const FIRST_ROW = Math.floor(HEIGHT / 6);

/**
 * Builds some 750 chips of the sample imagery with land cover as labels, once: 64×64 pixels with at most 65 % water,
 * bands red, green, blue and elevation, and a raster of eight groups of MODIS' classes (`assets/README.md`). The
 * catalog has, of each chip, its strip of longitude (a chip lies in one, and a strip in one split), its most frequent
 * group, and the groups that make up a twentieth of it or more, separated by blanks.
 */
export async function buildLandCover(folder: string, options: BuildChipsOptions = {}): Promise<SampleChips> {
  const columns = ['strip', 'group', 'groups'];
  const built = await buildChipFolder(folder, { columns, choose: chooseWindows }, options);
  return { ...built, bands: SAMPLE_BANDS, classes: LAND_COVER_GROUPS };
}

/** Windows within 60° of the equator that lie in one strip, with not too much water. */
async function chooseWindows(): Promise<ChipWindow[]> {
  const file = fileURLToPath(new URL('../../assets/land-cover.tif', import.meta.url));
  const cover = (await decodeGeoTiff(readFileSync(file), { name: file })).data;
  const windows: ChipWindow[] = [];
  const firstRow = Math.ceil(FIRST_ROW / STRIDE) * STRIDE;
  for (let row = firstRow; row + CHIP <= (HEIGHT * 5) / 6; row += STRIDE) {
    for (let column = 0; column + CHIP <= WIDTH; column += STRIDE) {
      const strip = Math.floor(column / STRIP);
      const begin = strip * STRIP;
      if (column < begin + MARGIN || column + CHIP > begin + STRIP - MARGIN) continue;
      const label = new Uint8Array(CHIP ** 2);
      for (let y = 0; y < CHIP; y++) {
        const start = (row - FIRST_ROW + y) * WIDTH + column;
        for (let x = 0; x < CHIP; x++) label[y * CHIP + x] = cover[start + x];
      }
      const counts = groupCounts(label);
      if (counts[0] > MAX_WATER * CHIP ** 2) continue;
      const group = counts.indexOf(Math.max(...counts));
      const groups = LAND_COVER_GROUPS.map((_, k) => k).filter((k) => counts[k] >= CHIP ** 2 / 20);
      windows.push({ row, column, usage: usageOf(strip), label, values: [strip, group, groups.join(' ')] });
    }
  }
  return windows;
}

function usageOf(strip: number): string {
  if (VALIDATE.includes(strip)) return 'validate';
  return TEST.includes(strip) ? 'test' : 'train';
}

/** Pixels of each group. */
function groupCounts(label: Uint8Array): number[] {
  const counts = LAND_COVER_GROUPS.map(() => 0);
  for (const group of label) counts[group]++;
  return counts;
}
