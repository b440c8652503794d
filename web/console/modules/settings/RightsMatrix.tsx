/* What a role may, as a table: an object a row, an act a column; beside it the fields that are kept back. */
import { Button, Drawer, Segmented, Select } from 'antd';
import { useState } from 'react';
import type { Act, DeclaredObject, FieldRight, Reach, Rights } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { labelOf, useObjects } from '../../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';
import { ACTS, ALL, countFields, FIELD_RIGHTS, fieldRightOf, reachOf, REACHES, rowsOf, withField, withReach, type RightsRow } from './rights.ts';

export interface RightsMatrixProps {
  rights: Rights;
  fixed: boolean; /* shown, not changed */
  onChange: (rights: Rights) => void;
}

const INHERITED = 'inherited';

function ReachCell({ rights, row, act, fixed, onChange }: RightsMatrixProps & { row: RightsRow; act: Act }) {
  const { t } = useI18n();
  const own = rights[row.plural]?.[act];
  const inherited = t('rights.inherited', { reach: t(`reach.${reachOf(rights, ALL, act)}`) });
  if (!row.acts.includes(act)) return <td className="muted"><span aria-hidden>–</span><span className="unseen">{t('rights.says_nothing')}</span></td>;
  if (fixed) return <td>{own || row.plural === ALL ? t(`reach.${reachOf(rights, row.plural, act)}`) : <span className="muted">{inherited}</span>}</td>;
  const options: { value: string; label: string }[] = REACHES.map((value) => ({ value, label: t(`reach.${value}`) }));
  return (
    <td>
      <Select<string> size="small" className={own || row.plural === ALL ? 'matrix-reach' : 'matrix-reach is-inherited'} popupMatchSelectWidth={false} aria-label={t('rights.cell', { act: t(`act.${act}`), object: row.label })}
        value={row.plural === ALL ? reachOf(rights, ALL, act) : own ?? INHERITED}
        options={row.plural === ALL ? options : [{ value: INHERITED, label: inherited }, ...options]}
        onChange={(value) => onChange(withReach(rights, row.plural, act, value === INHERITED ? null : value as Reach))} />
    </td>
  );
}

function FieldsDrawer({ object, rights, fixed, onChange, onClose }: RightsMatrixProps & { object: DeclaredObject; onClose: () => void }) {
  const { t, language } = useI18n();
  const phone = useMedia(PHONE);
  const fields = object.fields.filter((field) => field.name !== 'custom');
  return (
    <Drawer open onClose={onClose} title={t('rights.fields_of', { object: labelOf(object, language) })} size={phone ? '100%' : 560}>
      <ul>
        {fields.map((field) => (
          <li key={field.name} className="related-row">
            <span>{labelOf(field, language)}</span>
            <Segmented<FieldRight> size="small" disabled={fixed} aria-label={labelOf(field, language)} value={fieldRightOf(rights, object.plural, field.name)}
              options={FIELD_RIGHTS.map((value) => ({ value, label: t(`field_right.${value}`) }))} onChange={(right) => onChange(withField(rights, object.plural, field.name, right))} />
          </li>
        ))}
      </ul>
    </Drawer>
  );
}

export function RightsMatrix(props: RightsMatrixProps) {
  const { t, language } = useI18n();
  const { query, objects } = useObjects();
  const [open, setOpen] = useState<DeclaredObject | null>(null);
  if (query.isPending) return <ListSkeleton />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const rows = rowsOf(objects, { all: t('rights.everything_else'), conversations: t('search.conversations'), of: (object) => labelOf(object, language) });
  const kept = (plural: string): string => {
    const hidden = countFields(props.rights, plural, 'hidden');
    const read = countFields(props.rights, plural, 'read');
    return hidden + read === 0 ? t('rights.fields_none') : t('rights.fields_kept', { hidden, read });
  };
  return (
    <>
      <p className="muted small">{t('rights.legend')}</p>
      <div className="table-box" tabIndex={0} role="region" aria-label={t('rights.title')}>
        <table className="plain-table matrix">
          <thead><tr><th scope="col">{t('rights.object')}</th>{ACTS.map((act) => <th key={act} scope="col">{t(`act.${act}`)}</th>)}<th scope="col">{t('fields.title')}</th></tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.plural}>
                <th scope="row">{row.label}</th>
                {ACTS.map((act) => <ReachCell key={act} {...props} row={row} act={act} />)}
                <td>{row.object && <Button type="link" size="small" aria-label={t('rights.cell', { act: kept(row.plural), object: row.label })} onClick={() => setOpen(row.object)}>{kept(row.plural)}</Button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {open && <FieldsDrawer {...props} object={open} onClose={() => setOpen(null)} />}
    </>
  );
}
