import type { Table } from '../data/table.js';
import { emptyPicture } from './cartesian.js';
import { paintMap, readShapes } from './geo.js';
import type { ChartOptions, ChartType } from './options.js';
import type { Painter } from './painter.js';
import { Plot } from './plot.js';

const waiting: Painter = (stage) => ({ ...emptyPicture(stage), summary: stage.texts.loading });

/** A map. Its shapes are loaded with the first map; without them `bars` are drawn. */
export class MapChart extends Plot {
  private settled = false;

  constructor(
    container: HTMLElement,
    type: ChartType,
    table: Table,
    options: ChartOptions,
    private readonly bars: Painter,
  ) {
    super(container, type, table, options, waiting);
  }

  override start(): this {
    super.start();
    void this.load();
    return this;
  }

  // A map is ready when its shapes are loaded or failed to load.
  protected override ready(): void {
    if (this.settled) super.ready();
  }

  private async load(): Promise<void> {
    try {
      const shapes = readShapes(await this.options.loadShapes?.());
      this.painter = (stage) => paintMap(stage, shapes);
    } catch {
      this.painter = (stage) => {
        const picture = this.bars(stage);
        return { ...picture, notes: [{ kind: 'no-map', message: stage.texts.noMap }, ...picture.notes] };
      };
    }
    this.settled = true;
    this.draw();
  }
}
