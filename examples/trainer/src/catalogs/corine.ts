import { DataError } from 'diffusion-ssl/errors';

/** The 19 classes of BigEarthNet (Sumbul et al. 2021), each with the CORINE classes of level 3 that it is made of. */
const CLASSES: readonly (readonly [name: string, corine: readonly string[]])[] = [
  ['Urban fabric', ['Continuous urban fabric', 'Discontinuous urban fabric']],
  ['Industrial or commercial units', ['Industrial or commercial units']],
  ['Arable land', ['Non-irrigated arable land', 'Permanently irrigated land', 'Rice fields']],
  [
    'Permanent crops',
    [
      ...['Vineyards', 'Fruit trees and berry plantations', 'Olive groves'],
      'Annual crops associated with permanent crops',
    ],
  ],
  ['Pastures', ['Pastures']],
  ['Complex cultivation patterns', ['Complex cultivation patterns']],
  [
    'Land principally occupied by agriculture, with significant areas of natural vegetation',
    ['Land principally occupied by agriculture, with significant areas of natural vegetation'],
  ],
  ['Agro-forestry areas', ['Agro-forestry areas']],
  ['Broad-leaved forest', ['Broad-leaved forest']],
  ['Coniferous forest', ['Coniferous forest']],
  ['Mixed forest', ['Mixed forest']],
  ['Natural grassland and sparsely vegetated areas', ['Natural grassland', 'Sparsely vegetated areas']],
  ['Moors, heathland and sclerophyllous vegetation', ['Moors and heathland', 'Sclerophyllous vegetation']],
  ['Transitional woodland, shrub', ['Transitional woodland/shrub']],
  ['Beaches, dunes, sands', ['Beaches, dunes, sands']],
  ['Inland wetlands', ['Inland marshes', 'Peatbogs']],
  ['Coastal wetlands', ['Salt marshes', 'Salines']],
  ['Inland waters', ['Water courses', 'Water bodies']],
  ['Marine waters', ['Coastal lagoons', 'Estuaries', 'Sea and ocean']],
];

/** CORINE classes that none of the 19 has. */
const DROPPED = [
  ...['Road and rail networks and associated land', 'Port areas', 'Airports', 'Mineral extraction sites'],
  ...['Dump sites', 'Construction sites', 'Green urban areas', 'Sport and leisure facilities'],
  ...['Bare rock', 'Burnt areas', 'Intertidal flats'],
];

/** Names of the 19 classes, in the order of their numbers. */
export const CORINE_19 = CLASSES.map(([name]) => name);

const NUMBERS = new Map([
  ...CLASSES.flatMap(([name, corine], number) => [name, ...corine].map((one) => [one, number] as const)),
  ...DROPPED.map((name) => [name, undefined] as const),
]);

/**
 * The numbers of the 19 classes that a patch has, in ascending order, of the names that it is labelled by, of the 43
 * classes or of the 19.
 *
 * @param where The file, for messages.
 * @throws {DataError} If a name is no class.
 */
export function corineNumbers(names: readonly string[], where: string): number[] {
  const found = names.map((name) => {
    if (NUMBERS.has(name)) return NUMBERS.get(name);
    throw new DataError(`${where}: '${name}' is no class of CORINE that BigEarthNet has.`);
  });
  return [...new Set(found)].filter((number) => number !== undefined).sort((a, b) => a - b);
}
