import path from 'node:path';
import ts from 'typescript';
import { listFiles, root } from './root.js';

/** Public functions and classes of `src/` whose doc comment has no `@example`, as problems. */
export function exportsWithoutExample(): string[] {
  const indexes = listFiles('src', 'index.ts').filter((file) => file !== 'src/index.ts');
  const program = ts.createProgram({
    rootNames: indexes.map((file) => path.join(root, file)),
    options: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  });
  const checker = program.getTypeChecker();
  return indexes.flatMap((file) => {
    const source = program.getSourceFile(path.join(root, file));
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) return [`${file}: exports nothing`];
    return checker.getExportsOfModule(module).flatMap((exported) => {
      if (exported.declarations?.some(ts.isTypeOnlyExportDeclaration)) return [];
      const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
      if ((symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) === 0) return [];
      const shown = symbol.getJsDocTags(checker).some((tag) => tag.name === 'example' && tag.text?.length);
      return shown ? [] : [`${file}: ${exported.name} has no @example`];
    });
  });
}
