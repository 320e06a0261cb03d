import { Error as ERRORS_ONLY, parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** @returns a chart of Vega-Lite as an SVG document */
export async function chartSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: ERRORS_ONLY });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
