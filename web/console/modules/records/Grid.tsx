/* A table of any number of rows: only what is on the screen is in the page. Rows are of one height, so that where a row stands is a
   product. One element has the focus and names the current cell; the keys move it. Does not fetch: it says when its end comes near. */
import { CaretDownOutlined, CaretUpOutlined } from '@ant-design/icons';
import { Checkbox } from 'antd';
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from 'react';
import { useI18n } from '../../common/i18n/I18n.tsx';

export interface GridColumn {
  name: string;
  label: string;
  width: number; /* 0: all the room there is */
  isNumber: boolean;
  isSortable: boolean;
}

export interface CellAt {
  row: number;
  column: number;
}

export interface GridProps<Row> {
  label: string;
  columns: GridColumn[];
  rows: Row[];
  rowCount: number; /* -1: more than are known */
  rowHeight: number;
  keyOf: (row: Row) => string;
  renderCell: (row: Row, column: GridColumn) => ReactNode;
  editing: { key: string; column: string } | null;
  renderEditor: (row: Row, column: GridColumn) => ReactNode;
  selected: Set<string> | null; /* null: nothing can be selected */
  onSelect: (keys: string[], isOn: boolean) => void;
  at: CellAt;
  onAt: (at: CellAt) => void;
  onOpen: (row: Row, newTab: boolean) => void;
  onEdit: (row: Row, column: GridColumn) => void;
  sort: { name: string; isDescending: boolean } | null;
  onSort: (name: string) => void;
  onWidth: (name: string, width: number) => void;
  onEnd: () => void;
}

const HEAD_PX = 36;
const CHECK_PX = 40;
const SPARE_ROWS = 8;
const NEAR_END_ROWS = 60; /* of a page of 100: the next one is there before its first row is seen, and the first paint asks for one */
const MIN_WIDTH = 60;
const WIDTH_STEP = 20;

/* Which rows are on the screen. */
function useWindow(rowHeight: number, count: number) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const from = Math.max(0, Math.floor(view.top / rowHeight) - SPARE_ROWS);
  const to = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + SPARE_ROWS);
  return { box, from, to };
}

function Resizer({ column, onWidth }: { column: GridColumn; onWidth: (name: string, width: number) => void }) {
  const { t } = useI18n();
  const start = useRef<{ x: number; width: number } | null>(null);
  const down = (event: PointerEvent<HTMLDivElement>): void => {
    start.current = { x: event.clientX, width: column.width };
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const move = (event: PointerEvent): void => {
    if (start.current) onWidth(column.name, Math.max(MIN_WIDTH, start.current.width + event.clientX - start.current.x));
  };
  const key = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -WIDTH_STEP : event.key === 'ArrowRight' ? WIDTH_STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(column.name, Math.max(MIN_WIDTH, column.width + step));
  };
  return (
    <div className="grid-resizer" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={t('grid.width', { column: column.label })} aria-valuenow={column.width}
      aria-valuemin={MIN_WIDTH} aria-valuemax={2000} onPointerDown={down} onPointerMove={move} onPointerUp={() => { start.current = null; }} onKeyDown={key} />
  );
}

function Head<Row>({ grid, template, isAll }: { grid: GridProps<Row>; template: string; isAll: boolean }) {
  const { t } = useI18n();
  const { columns, selected, sort } = grid;
  return (
    <div role="row" aria-rowindex={1} className="grid-head" style={{ gridTemplateColumns: template, height: HEAD_PX }}>
      {selected && (
        <div role="columnheader" className="grid-check" aria-label={t('grid.selection')}>
          <Checkbox aria-label={t('grid.select_all')} checked={isAll} indeterminate={!isAll && selected.size > 0} disabled={grid.rows.length === 0}
            onChange={(event) => grid.onSelect(grid.rows.map(grid.keyOf), event.target.checked)} />
        </div>
      )}
      {columns.map((column) => {
        const isSorted = sort?.name === column.name;
        return (
          <div key={column.name} role="columnheader" className="grid-title" aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}>
            {column.isSortable
              ? <button type="button" className="grid-sort" onClick={() => grid.onSort(column.name)}><span className="ellipsis">{column.label}</span>{isSorted && (sort.isDescending ? <CaretDownOutlined aria-hidden /> : <CaretUpOutlined aria-hidden />)}</button>
              : <span className="grid-sort ellipsis">{column.label}</span>}
            {column.width > 0 && <Resizer column={column} onWidth={grid.onWidth} />}
          </div>
        );
      })}
    </div>
  );
}

const MOVES: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

function useKeys<Row>(grid: GridProps<Row>): (event: KeyboardEvent) => void {
  const { at, rows, columns, selected } = grid;
  const last = Math.max(0, rows.length - 1);
  const row = rows[at.row];
  const column = columns[at.column];
  const within = (value: number, max: number): number => Math.min(Math.max(0, value), max);
  const move = ([down, right]: [number, number]): void => grid.onAt({ row: within(at.row + down, last), column: within(at.column + right, columns.length - 1) });
  const run: Record<string, (event: KeyboardEvent) => void> = {
    Home: () => grid.onAt({ ...at, row: 0 }),
    End: () => grid.onAt({ ...at, row: last }),
    Enter: (event) => row && grid.onOpen(row, event.ctrlKey || event.metaKey),
    F2: () => row && column && grid.onEdit(row, column),
    ' ': () => row && selected && grid.onSelect([grid.keyOf(row)], !selected.has(grid.keyOf(row))),
    ...Object.fromEntries(Object.entries(MOVES).map(([key, step]) => [key, () => move(step)])),
  };
  return (event) => {
    const act = run[event.key];
    if (!act || event.target !== event.currentTarget || event.nativeEvent.isComposing) return;
    event.preventDefault();
    act(event);
  };
}

interface GridRowProps<Row> {
  grid: GridProps<Row>;
  row: Row;
  index: number;
  template: string;
  onCell: (event: MouseEvent, at: CellAt) => void;
}

function cellId({ row, column }: CellAt): string {
  return `cell-${row}-${column}`;
}

function Row<Row>({ grid, row, index, template, onCell }: GridRowProps<Row>) {
  const { columns, rowHeight, selected, at, editing } = grid;
  const { t } = useI18n();
  const key = grid.keyOf(row);
  return (
    <div role="row" aria-rowindex={index + 2} aria-selected={selected ? selected.has(key) : undefined}
      className={`grid-row${index === at.row ? ' is-current' : ''}${selected?.has(key) ? ' is-selected' : ''}`}
      style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${index * rowHeight}px)` }}>
      {selected && (
        <div role="gridcell" className="grid-check">
          <Checkbox tabIndex={-1} aria-label={t('grid.select', { n: index + 1 })} checked={selected.has(key)} onChange={(event) => grid.onSelect([key], event.target.checked)} />
        </div>
      )}
      {columns.map((column, each) => {
        const isEdited = editing?.key === key && editing.column === column.name;
        const cell = { row: index, column: each };
        return (
          <div key={column.name} id={cellId(cell)} role="gridcell" className={`grid-cell${column.isNumber ? ' is-number' : ''}${index === at.row && each === at.column ? ' is-at' : ''}${isEdited ? ' is-edited' : ''}`}
            onClick={(event) => onCell(event, cell)} onDoubleClick={() => grid.onEdit(row, column)}>
            {isEdited ? grid.renderEditor(row, column) : grid.renderCell(row, column)}
          </div>
        );
      })}
    </div>
  );
}

/* Scrolling alone changes nothing in a row that stays on the screen. */
const GridRow = memo(Row) as typeof Row;

export function Grid<Row>(grid: GridProps<Row>) {
  const { columns, rows, rowHeight, selected, at, editing, onAt, onEnd } = grid;
  const { box, from, to } = useWindow(rowHeight, rows.length);
  const keys = useKeys(grid);
  const isFluid = columns.some((column) => column.width === 0);
  const template = `${selected ? `${CHECK_PX}px ` : ''}${columns.map((column) => (column.width === 0 ? 'minmax(0, 1fr)' : `${column.width}px`)).join(' ')}${isFluid ? '' : ' minmax(0, 1fr)'}`;
  const isAll = selected !== null && rows.length > 0 && selected.size >= rows.length;

  useEffect(() => {
    if (to >= rows.length - NEAR_END_ROWS) onEnd();
  }, [to, rows.length, onEnd]);

  /* The current row is kept on the screen, below the head. */
  const reveal = useCallback((row: number): void => {
    const element = box.current;
    if (!element) return;
    const top = row * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + HEAD_PX > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight + HEAD_PX - element.clientHeight;
  }, [box, rowHeight]);
  useEffect(() => reveal(at.row), [at.row, reveal]);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing) box.current?.focus({ preventScroll: true });
    wasEditing.current = editing !== null;
  }, [editing, box]);

  const click = useCallback((event: MouseEvent, cell: CellAt): void => {
    if ((event.target as HTMLElement).closest('a, button, input, .cell-editor, .grid-check')) return;
    onAt(cell);
    box.current?.focus({ preventScroll: true });
  }, [box, onAt]);
  return (
    <div ref={box} className="grid" role="grid" tabIndex={0} aria-label={grid.label} aria-rowcount={grid.rowCount < 0 ? -1 : grid.rowCount + 1} aria-multiselectable={selected !== null}
      aria-activedescendant={rows[at.row] && at.row >= from && at.row < to ? cellId(at) : undefined} onKeyDown={keys}>
      <Head grid={grid} template={template} isAll={isAll} />
      <div role="rowgroup" className="grid-body" style={{ height: rows.length * rowHeight }}>
        {rows.slice(from, to).map((row, offset) => <GridRow key={grid.keyOf(row)} grid={grid} row={row} index={from + offset} template={template} onCell={click} />)}
      </div>
    </div>
  );
}
