/* Which columns a list shows, in which order and width: as chosen in this browser, else as the saved view has them, else the fields
   that tell most by their declaration. */
import { useCallback, useState } from 'react';
import type { View, ViewColumn } from '../../../shared/api/types.ts';
import { labelOf, shownFields, type DeclaredField, type DeclaredObject } from '../../common/schema/objects.ts';
import type { Language } from '../../../shared/api/types.ts';
import { readStored, writeStored } from '../../common/prefs.ts';
import type { GridColumn } from './Grid.tsx';

const DEFAULT_COLUMNS = 7;
const NEVER = ['json', 'long_text'];
const LATER = ['lines', 'address', 'currency', 'url', 'file'];
const UNSORTABLE = ['json', 'lines', 'address', 'tags', 'multi_choice', 'reference', 'long_text'];
const NUMBERS = ['number', 'integer', 'money'];
const WIDTHS: Record<string, number> = { number: 110, integer: 100, money: 130, boolean: 90, choice: 120, date: 130, time: 130, email: 220, reference: 170, tags: 160, url: 200 };
const TITLE_WIDTH = 240;
const OTHER_WIDTH = 150;

export function titleField(object: DeclaredObject): DeclaredField | undefined {
  return object.fields.find((field) => field.name === object.title) ?? object.fields.find((field) => field.name !== 'custom');
}

export function columnFields(object: DeclaredObject): DeclaredField[] {
  return shownFields(object).filter((field) => !NEVER.includes(field.type) || field.name === object.title);
}

function standardColumns(object: DeclaredObject): ViewColumn[] {
  const title = titleField(object);
  const others = columnFields(object).filter((field) => field !== title && !LATER.includes(field.type) && field.name !== 'created_at' && field.name !== 'updated_at');
  const names = [...(title ? [title.name] : []), ...others.slice(0, DEFAULT_COLUMNS - 2).map((field) => field.name), object.log ? 'created_at' : 'updated_at'];
  return names.map((name) => ({ name }));
}

export function gridColumn(object: DeclaredObject, { name, width }: ViewColumn, language: Language): GridColumn | null {
  const field = columnFields(object).find((each) => each.name === name);
  if (!field) return null;
  return {
    name, label: labelOf(field, language), width: width ?? (name === object.title ? TITLE_WIDTH : WIDTHS[field.type] ?? OTHER_WIDTH),
    isNumber: NUMBERS.includes(field.type), isSortable: !UNSORTABLE.includes(field.type),
  };
}

export interface Columns {
  columns: ViewColumn[];
  set: (columns: ViewColumn[]) => void;
  reset: () => void;
  isChanged: boolean;
}

export function useColumns(object: DeclaredObject, view: View | undefined): Columns {
  const place = `zhiyin.columns.${object.plural}${view ? `.${view.id}` : ''}`;
  const [kept, setKept] = useState<{ place: string; columns: ViewColumn[] | null }>({ place: '', columns: null });
  const own = kept.place === place ? kept.columns : readStored<ViewColumn[]>(place);
  const names = columnFields(object).map((field) => field.name);
  const wanted = own ?? (view && view.columns.length > 0 ? view.columns : standardColumns(object));
  const columns = wanted.filter((column) => names.includes(column.name));
  const keep = useCallback((next: ViewColumn[] | null): void => {
    writeStored(place, next);
    setKept({ place, columns: next });
  }, [place]);
  return { columns: columns.length > 0 ? columns : standardColumns(object), set: keep, reset: () => keep(null), isChanged: own !== null };
}
