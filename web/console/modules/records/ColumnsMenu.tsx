/* Which columns a list shows, and in which order. */
import { ArrowDownOutlined, ArrowUpOutlined, TableOutlined } from '@ant-design/icons';
import { Button, Checkbox, Popover } from 'antd';
import { useState } from 'react';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf, type DeclaredObject } from '../../common/schema/objects.ts';
import { columnFields, type Columns } from './columns.ts';

function moved<T>(items: T[], from: number, to: number): T[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

function ColumnList({ object, columns: { columns, set, reset, isChanged } }: { object: DeclaredObject; columns: Columns }) {
  const { t, language } = useI18n();
  const fields = columnFields(object);
  const shown = columns.flatMap((column) => fields.find((field) => field.name === column.name) ?? []);
  const hidden = fields.filter((field) => !shown.includes(field));
  const toggle = (name: string, isOn: boolean): void => set(isOn ? [...columns, { name }] : columns.filter((column) => column.name !== name));
  return (
    <div className="columns-menu" role="dialog" aria-label={t('grid.columns')}>
      <ul>
        {[...shown, ...hidden].map((field, at) => {
          const label = labelOf(field, language);
          const isShown = at < shown.length;
          return (
            <li key={field.name} className="columns-row">
              <Checkbox checked={isShown} disabled={isShown && shown.length === 1} onChange={(event) => toggle(field.name, event.target.checked)}>{label}</Checkbox>
              {isShown && (
                <span>
                  <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t('grid.earlier', { column: label })} onClick={() => set(moved(columns, at, at - 1))} />
                  <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === shown.length - 1} aria-label={t('grid.later', { column: label })} onClick={() => set(moved(columns, at, at + 1))} />
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {isChanged && <Button type="link" size="small" onClick={reset}>{t('grid.reset')}</Button>}
    </div>
  );
}

export function ColumnsMenu(props: { object: DeclaredObject; columns: Columns }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" arrow={false} content={<ColumnList {...props} />}>
      <Button icon={<TableOutlined />} aria-haspopup="dialog" aria-expanded={open}>{t('grid.columns')}</Button>
    </Popover>
  );
}
