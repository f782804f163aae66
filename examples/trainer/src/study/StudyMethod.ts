/** What a network for pixels is given: attention maps of a transformer, its tokens, bands, or maps and bands. */
export type StudyInput = 'maps' | 'maps and bands' | 'tokens' | 'bands';

/** Where the transformer's weights begin, and whether they are trained: none of it where only bands are given. */
export type StudyStart = 'frozen' | 'unfrozen' | 'scratch';

/** A row of the study's tables. */
export interface StudyMethod {
  name: string;
  input: StudyInput;
  start?: StudyStart;
}

const STARTS: readonly StudyStart[] = ['scratch', 'frozen', 'unfrozen'];
const INPUTS: readonly StudyInput[] = ['maps', 'maps and bands', 'tokens'];

/** All rows: bands alone first, which need no transformer. */
export const STUDY_METHODS: readonly StudyMethod[] = [
  { name: 'bands', input: 'bands' },
  ...INPUTS.flatMap((input) =>
    STARTS.map((start) => ({ name: `${input.replaceAll(' ', '-')}-${start}`, input, start })),
  ),
];
