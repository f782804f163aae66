import type { FileKind } from './fileKind.js';

/** What a text file is by its first bytes, in UTF-8 or UTF-16; undefined for what is no text. */
export function textKind(head: Uint8Array): FileKind | undefined {
  const [first, second] = head;
  const utf16 =
    first === 0xff && second === 0xfe ? 'le' : first === 0xfe && second === 0xff ? 'be' : undefined;
  // A letter that the end of `head` cuts in two is passed over.
  const text = new TextDecoder(utf16 ? `utf-16${utf16}` : 'utf-8').decode(head, { stream: true }).trim();
  const isText = [...text].every((letter) => letter >= ' ' || '\t\n\r\f'.includes(letter));
  // Letters of an older encoding may be among them, such as ü in one byte.
  const unknown = text.split('\ufffd').length - 1;
  if (!isText || text === '' || unknown > text.length / 10) return undefined;
  const quoted = quote(text);
  if (text.startsWith('version https://git-lfs') || text.startsWith('version https://hawser'))
    return absent('a Git LFS pointer', "run 'git lfs pull' in its repository, which fetches the file itself");
  if (/^\/?\S*annex\/objects\//.test(text))
    return absent(
      'a git-annex pointer',
      "run 'git annex get' in its repository, which fetches the file itself",
    );
  if (text.startsWith('<')) return markupKind(text, quoted);
  if (/^(\{|\[\s*[[{"\d-])/.test(text)) return jsonKind(text, quoted);
  if (/^ENVI\b/.test(text))
    return {
      what: 'the header of an ENVI raster, whose values are in the file beside it',
      family: 'raster',
      suffix: 'dat',
    };
  if (/^(ncols|nrows|xll(corner|center))\s+\d/i.test(text))
    return { what: 'an ASCII grid', family: 'raster', suffix: 'asc' };
  return {
    what: `a text file${utf16 ? ' in UTF-16' : ''} that begins with ${quoted}`,
    family: 'other',
    suffix: 'txt',
  };
}

function absent(what: string, remedy: string): FileKind {
  return { what, family: 'other', suffix: '', remedy };
}

const AGAIN = 'download it again: the server, or a proxy, gave this in its place';

function markupKind(text: string, quoted: string): FileKind {
  if (/<(!doctype\s+html|html|head|body)\b/i.test(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1].trim();
    return absent(`an HTML page${title ? ` titled ${quote(title)}` : ', as of an error or a login'}`, AGAIN);
  }
  // The first element that is no declaration and no comment.
  const element = /<([A-Za-z][\w:.-]*)/.exec(text.replace(/<!--.*?-->/gs, ''))?.[1];
  if (element === 'VRTDataset')
    return { what: 'a VRT, which refers to other rasters', family: 'raster', suffix: 'vrt' };
  if (element !== undefined && /(Error|Exception|ExceptionReport)$/.test(element))
    return absent(`an error message of a server: ${quoted}`, AGAIN);
  if (element === undefined)
    return { what: `a text file that begins with ${quoted}`, family: 'other', suffix: 'txt' };
  return { what: `an XML file of <${element}>`, family: 'other', suffix: 'xml' };
}

function jsonKind(text: string, quoted: string): FileKind {
  const json = (what: string): FileKind => ({ what, family: 'other', suffix: 'json' });
  if (text.includes('"weight_map"'))
    return { what: 'the index of weights in several files', family: 'weights', suffix: 'index.json' };
  if (/"(modelTopology|weightsManifest)"/.test(text))
    return { what: 'a model of TensorFlow.js', family: 'weights', suffix: 'json' };
  if (text.includes('"stac_version"')) return json('a STAC item, whose assets name the rasters');
  if (/"(FeatureCollection|Feature)"/.test(text)) return json('a GeoJSON file');
  if (/"(error|errors|message|detail|code|status)"\s*:/.test(text))
    return absent(`an error message of a server: ${quoted}`, AGAIN);
  return json(`a JSON text that begins with ${quoted}`);
}

/** The beginning of a text for a message, in one line and without control characters. */
function quote(text: string): string {
  const line = text.replace(/[\s\p{C}]+/gu, ' ').trim();
  return `“${line.length > 80 ? `${line.slice(0, 80)}…` : line}”`;
}
