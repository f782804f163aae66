import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';

/** What is made of each place. */
export interface SmallBenGe {
  /** Patches of Sentinel-2, and of Sentinel-1 of the same places. */
  patches: string[];
  sentinel1: string[];
}

/** Bands of Sentinel-2 with metres a pixel. */
const BANDS: readonly (readonly [name: string, metres: number])[] = [
  ...([
    ['B01', 60],
    ['B02', 10],
    ['B03', 10],
    ['B04', 10],
    ['B05', 20],
    ['B06', 20],
  ] as const),
  ...([
    ['B07', 20],
    ['B08', 10],
    ['B8A', 20],
    ['B09', 60],
    ['B11', 20],
    ['B12', 20],
  ] as const),
];
const METRES = 1200;

/**
 * Writes a small folder in ben-ge's layout: made-up hills with water in the valleys, forest on the slopes and rock
 * above, which all modalities show in their way, so that one can be had from another.
 *
 * @param count Places. The split `ben-ge-0.2` has half of them, `ben-ge-0.4` all; three in five are for training.
 */
export function makeSmallBenGe(folder: string, count = 20): SmallBenGe {
  const at = (...names: string[]) => path.join(folder, ...names);
  const made: SmallBenGe = { patches: [], sentinel1: [] };
  for (const name of ['sentinel-2', 'sentinel-1', 'dem', 'esaworldcover', 'splits'])
    mkdirSync(at(name), { recursive: true });
  const meta = ['patch_id,patch_id_s1,timestamp_s2,timestamp_s1,season_s2,season_s1,lon,lat'];
  const climate = ['patch_id,climatezone'];
  const weather = [
    'patch_id,patch_id_s1,atmpressure_level,temperature_s2,temperature_s1,wind-u_s2,wind-u_s1,wind-v_s2,wind-v_s1,' +
      'relhumidity_s2,relhumidity_s1',
  ];
  for (let i = 0; i < count; i++) {
    const [month, row, column] = [1 + ((5 * i) % 12), Math.floor(i / 5), i % 5];
    const date = `2017${String(month).padStart(2, '0')}15`;
    const patch = `S2A_MSIL2A_${date}T101031_${20 * column}_${20 * row}`;
    const radar = `S1A_IW_GRDH_1SDV_${date}T165043_33UUP_${20 * column}_${20 * row}`;
    made.patches.push(patch);
    made.sentinel1.push(radar);
    const [x, y] = [400_000 + 24_000 * column, 5_400_000 - 24_000 * row];
    const season = Math.sin((Math.PI * (month - 0.5)) / 12);
    /** Metres above the sea. */
    const height = (east: number, north: number) =>
      400 + 300 * Math.sin(east / 260 + i) + 200 * Math.cos(north / 190 + 2.1 * i) + 60 * (i % 5);
    const write = (
      name: string,
      metres: number,
      value: (height: number, pixel: number) => number,
      type = Float32Array as never,
    ) => {
      const side = METRES / metres;
      const values = Array.from({ length: side * side }, (_, p) => {
        return value(height(((p % side) + 0.5) * metres, (Math.floor(p / side) + 0.5) * metres), p);
      });
      const data = (type as { from(values: number[]): Float32Array }).from(values);
      const transform: [number, number, number, number, number, number] = [metres, 0, x, 0, -metres, y];
      mkdirSync(path.dirname(name), { recursive: true });
      writeFileSync(
        name,
        encodeGeoTiff({ width: side, height: side, bands: 1, data, epsg: 32633, transform }),
      );
    };
    const grain = (p: number) => Math.sin(12.9898 * p + i) * 0.5;
    const coverAt = (h: number) => (h < 250 ? 80 : h < 700 ? 10 : h < 1100 ? 30 : 60);
    for (const [b, [name, metres]] of BANDS.entries()) {
      const bright: Record<number, number> = { 80: 300, 10: 700, 30: 1300, 60: 2200 };
      const red = (cover: number) => (b > 4 && b < 9 && cover === 10 ? 2200 : 0);
      write(
        at('sentinel-2', patch, `${patch}_${name}.tif`),
        metres,
        (h, p) =>
          Math.round(bright[coverAt(h)] + red(coverAt(h)) * (0.5 + season / 2) + 40 * b + 60 * grain(p)),
        Uint16Array as never,
      );
    }
    for (const [k, name] of ['VV', 'VH'].entries()) {
      write(
        at('sentinel-1', radar, `${radar}_${name}.tif`),
        10,
        (h, p) => (coverAt(h) === 80 ? -22 : -11) - 6 * k + 2 * grain(p),
      );
    }
    write(at('dem', `${patch}_dem.tif`), 10, Math.round, Int16Array as never);
    write(at('esaworldcover', `${patch}_esaworldcover.tif`), 10, coverAt, Uint8Array as never);
    const labels = [
      'Water bodies',
      'Broad-leaved forest',
      ...(i % 3 === 0 ? ['Bare rock'] : ['Natural grassland']),
    ];
    writeFileSync(at('sentinel-2', patch, `${patch}_labels_metadata.json`), JSON.stringify({ labels }));
    writeFileSync(
      at('sentinel-1', radar, `${radar}_labels_metadata.json`),
      JSON.stringify({ labels, corresponding_s2_patch: patch }),
    );
    const [lon, lat] = [13.64 + 0.33 * column, 48.74 - 0.216 * row];
    meta.push([patch, radar, `${date} 10:10:31`, `${date} 16:50:43`, season, season, lon, lat].join(','));
    climate.push(`${patch},${15 + (i % 3)}`);
    const kelvin = 270 + 20 * season;
    weather.push([patch, radar, 950, kelvin, kelvin + 1, 1.5, 1.4, -0.5, -0.6, 70, 72].join(','));
  }
  const table = (name: string, lines: string[]) => writeFileSync(at(name), `${lines.join('\n')}\n`);
  table('ben-ge_meta.csv', meta);
  table('ben-ge_climatezones.csv', climate);
  table('ben-ge_era-5.csv', weather);
  for (const [name, own] of [
    ['ben-ge-0.2', made.patches.slice(0, Math.ceil(count / 2))],
    ['ben-ge-0.4', made.patches],
  ] as const) {
    const usage = (k: number) => (k % 5 === 3 ? 'val' : k % 5 === 4 ? 'test' : 'train');
    for (const split of ['train', 'val', 'test'])
      table(
        `splits/${name}_${split}.csv`,
        own.filter((_, k) => usage(k) === split),
      );
  }
  return made;
}
