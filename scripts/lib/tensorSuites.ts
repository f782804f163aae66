/** Folders and files of the tests that compute on tensors, for whichever backend `TEST_BACKEND` names. */
export const tensorSuites = {
  trajectory: ['test/models/trajectory.test.ts'],
  ops: ['test/ops', 'test/diffusion', 'test/optimizers'],
  models: ['test/layers', 'test/models', 'test/losses', 'test/samplers', 'test/interop'],
  training: ['test/training'],
};
