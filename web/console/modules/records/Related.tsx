/* The records that name this one, by declaration: one short list for each object that refers to it. */
import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { expandFor, labelOf, listPath, may, recordPath, shownFields, titleOf, useObjects, type DeclaredField, type DeclaredObject, type RecordRow } from '../../common/schema/objects.ts';
import { numberText, Value } from '../../common/schema/Value.tsx';
import { NewRecord } from './NewRecord.tsx';

const SHOWN = 5;
const FACTS = ['choice', 'money', 'date', 'time'];
const FACTS_SHOWN = 3;

interface Relation {
  object: DeclaredObject;
  field: DeclaredField;
}

/* Notes stand apart: NotesBox. */
function relationsTo(plural: string, objects: DeclaredObject[]): Relation[] {
  return objects.filter((object) => object.plural !== 'notes' && object.plural !== 'articles')
    .flatMap((object) => object.fields.filter((field) => field.type === 'reference' && field.target === plural).map((field) => ({ object, field })));
}

function RelatedRow({ object, row, except }: { object: DeclaredObject; row: RecordRow; except: DeclaredField }) {
  const { t } = useI18n();
  const facts = shownFields(object).filter((field) => FACTS.includes(field.type) && field !== except && row[field.name] && field.name !== 'updated_at' && field.name !== object.title);
  return (
    <li className="related-row">
      <Link href={recordPath(object.plural, row.id)} className="ellipsis">{titleOf(object, row, t)}</Link>
      <span className="related-facts muted small">{facts.slice(0, FACTS_SHOWN).map((field) => <Value key={field.name} object={object} row={row} field={field} links={false} />)}</span>
    </li>
  );
}

function takesMore({ object, field }: Relation): boolean {
  return may(object, 'create') && !object.admin_only && !field.read_only && field.writable;
}

function RelatedList({ relation: { object, field }, id }: { relation: Relation; id: string }) {
  const { t, language } = useI18n();
  const [creating, setCreating] = useState(false);
  const filter = `${field.name} = "${id}"`;
  const query = useQuery({
    queryKey: ['related', object.plural, field.name, id],
    queryFn: ({ signal }) => api.records(object.plural, { filter, page_size: SHOWN, total: 'true', expand: expandFor([]) }, signal),
  });
  const rows = query.data?.items ?? [];
  const total = query.data?.total ?? rows.length;
  const name = labelOf(object, language);
  const canAdd = takesMore({ object, field });
  if (query.isPending || (rows.length === 0 && !canAdd)) return null;
  const label = relatedLabel(name, labelOf(field, language), object, field, t);
  return (
    <section className={`related${rows.length > 0 ? '' : ' is-empty'}`} aria-label={label}>
      <h3 className="related-title">
        {label}{total > 0 && <span className="muted"> {numberText(total, language)}</span>}
        {canAdd && <Button type="text" size="small" icon={<PlusOutlined />} aria-label={t('records.new_of', { object: label })} onClick={() => setCreating(true)} />}
      </h3>
      {rows.length > 0 && <ul>{rows.map((row) => <RelatedRow key={row.id} object={object} row={row} except={field} />)}</ul>}
      {rows.length < total && <Link href={listPath(object.plural, { filter })}>{t('related.all', { n: total })}</Link>}
      {canAdd && <NewRecord object={object} open={creating} given={(each) => (each === field.name ? id : '')} onClose={() => setCreating(false)} onCreated={() => void query.refetch()} />}
    </section>
  );
}

/* Where an object names the same one twice (a company its parent), the field says which is meant. */
function relatedLabel(name: string, field: string, object: DeclaredObject, by: DeclaredField, t: ReturnType<typeof useI18n>['t']): string {
  const same = object.fields.filter((each) => each.target === by.target);
  return same.length > 1 || object.plural === by.target ? t('related.by', { object: name, field }) : name;
}

export function Related({ object, id }: { object: DeclaredObject; id: string }) {
  const { t } = useI18n();
  const { objects } = useObjects();
  const relations = relationsTo(object.plural, objects);
  if (relations.length === 0) return null;
  return (
    <section className="card" aria-label={t('related.title')}>
      <h2 className="section-title">{t('related.title')}</h2>
      <div className="related-lists">{relations.map((relation) => <RelatedList key={`${relation.object.plural}.${relation.field.name}`} relation={relation} id={id} />)}</div>
    </section>
  );
}
