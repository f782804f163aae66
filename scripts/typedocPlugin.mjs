/**
 * Names the parameters that a signature takes apart, which typedoc calls `__namedParameters`, by the last word of their
 * type: `options` of `AdamWOptions`, `sample` of `AugmentationSample`.
 */
import { Converter, ReflectionKind } from 'typedoc';

/** Called by typedoc. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (parameter.name !== '__namedParameters') continue;
      const words = parameter.type?.name?.match(/[A-Z][a-z]*/g);
      parameter.name = words?.at(-1).toLowerCase() ?? 'options';
    }
  });
}
