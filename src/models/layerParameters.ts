import type { ParameterSpec } from '../layers/ParameterSpec.js';
import type { SpecLayer } from '../layers/SpecLayer.js';

/** Every parameter of some layers under its torch name. */
export function layerParameters(layers: readonly SpecLayer[]): ParameterSpec[] {
  return layers.flatMap((layer) => {
    const prefix = layer.isRoot ? '' : `${layer.name}.`;
    return layer.parameterSpecs().map((spec) => ({ ...spec, name: prefix + spec.name }));
  });
}
