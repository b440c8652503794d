/* Writes one article. What was typed survives closing: it comes back by undo, or when the same
   article is opened again. Deleting happens at once and can be undone. */
import { DeleteOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Form, Input, Segmented } from 'antd';
import { useEffect, useState } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import type { Article, ArticleInput } from '../../../shared/api/types.ts';
import { api, newKey } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { readStored, writeStored } from '../../common/prefs.ts';
import { GrowingTextArea } from '../../common/ui/GrowingTextArea.tsx';
import { FormDrawer } from '../../common/ui/FormDrawer.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

const NEW = 'new';
const draftName = (id: string): string => `zhiyin.article.${id}`;

type Values = Required<{ [K in keyof ArticleInput]: NonNullable<ArticleInput[K]> }>;

function toValues(article: Article | null, language: 'zh' | 'en'): Values {
  return {
    title: article?.title ?? '', body: article?.body ?? '', kind: article?.kind ?? 'faq', category: article?.category ?? '',
    url: article?.url ?? '', language: article?.language ?? language, status: article?.status ?? 'published',
  };
}

function toInput(values: Values): ArticleInput {
  return { ...values, title: values.title.trim(), category: values.category.trim() || null, url: values.url.trim() || null };
}

interface EditorProps {
  id: string;
  article: Article | null;
  onSaved: (article: Article) => void;
  onDelete: () => void;
}

function Editor({ id, article, onSaved, onDelete }: EditorProps) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const [form] = Form.useForm<Values>();
  const [saving, setSaving] = useState(false);
  const [key] = useState(newKey);
  const stored = readStored<Values>(draftName(id));
  const kind = Form.useWatch('kind', form) ?? 'faq';

  const save = async (values: Values): Promise<void> => {
    setSaving(true);
    try {
      const saved = article ? await api.updateArticle(id, toInput(values)) : await api.createArticle(toInput(values), key);
      writeStored(draftName(id), null);
      toasts.done(t('article.saved'));
      onSaved(saved);
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : [];
      for (const each of fields) {
        const name = each.path.replace(/^[/.]/, '') as keyof Values;
        form.setFields([{ name, errors: [each.message] }]);
      }
      toasts.failed(error, t('article.not_saved'));
    } finally {
      setSaving(false);
    }
  };

  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={stored ?? toValues(article, language)} className="editor"
      onValuesChange={(_, values: Values) => writeStored(draftName(id), values)} onFinish={(values: Values) => void save(values)}
      onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.submit(); }}>
      <div className="editor-row">
        <Form.Item name="kind" label={t('article.kind')}>
          <Segmented options={[{ value: 'faq', label: t('kind.faq') }, { value: 'document', label: t('kind.document') }]} />
        </Form.Item>
        <Form.Item name="language" label={t('article.language')}>
          <Segmented options={[{ value: 'zh', label: t('language.zh') }, { value: 'en', label: t('language.en') }]} />
        </Form.Item>
        <Form.Item name="status" label={t('article.status')}>
          <Segmented options={[{ value: 'published', label: t('status.published') }, { value: 'draft', label: t('status.draft') }]} />
        </Form.Item>
      </div>
      <Form.Item name="title" label={kind === 'faq' ? t('article.question') : t('article.title')} rules={[{ required: true, whitespace: true, message: t('article.title_needed') }]}>
        <Input maxLength={500} autoFocus={!article} />
      </Form.Item>
      <Form.Item name="body" label={kind === 'faq' ? t('article.answer') : t('article.body')} rules={[{ required: true, whitespace: true, message: t('article.body_needed') }]}>
        <GrowingTextArea minRows={8} maxRows={20} maxLength={100_000} />
      </Form.Item>
      <Form.Item name="category" label={t('article.category')}><Input maxLength={200} /></Form.Item>
      <Form.Item name="url" label={t('article.url')} rules={[{ type: 'url', message: t('article.url_wrong') }]}><Input type="url" maxLength={2000} /></Form.Item>
      {article && <p className="muted small">{t('article.facts', { n: article.n_passages, source: article.source ?? t('article.source_none') })}</p>}
      <div className="editor-foot">
        <Button type="primary" htmlType="submit" loading={saving}>{t('article.save')}</Button>
        {article && <Button danger icon={<DeleteOutlined />} onClick={onDelete}>{t('article.delete')}</Button>}
      </div>
    </Form>
  );
}

export interface ArticleDrawerProps {
  id: string | null;
  onClose: () => void;
  onOpen: (id: string) => void;
}

export function ArticleDrawer({ id, onClose, onOpen }: ArticleDrawerProps) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const isNew = id === NEW;
  const query = useQuery({ queryKey: ['article', id], queryFn: ({ signal }) => api.article(id ?? '', signal), enabled: id !== null && !isNew });
  const [shownId, setShownId] = useState(id);

  useEffect(() => {
    if (id) setShownId(id);
  }, [id]);

  const refresh = (): void => void client.invalidateQueries({ queryKey: ['articles'] });
  const close = (): void => {
    onClose();
    if (!id || readStored(draftName(id)) === null) return;
    const kept = readStored(draftName(id));
    writeStored(draftName(id), null);
    toasts.undoable(t('article.discarded'), () => {
      writeStored(draftName(id), kept);
      onOpen(id);
    });
  };
  const saved = (article: Article): void => {
    client.setQueryData(['article', article.id], article);
    refresh();
    onClose();
  };
  const remove = async (article: Article): Promise<void> => {
    try {
      await api.deleteArticle(article.id);
      writeStored(draftName(article.id), null);
      onClose();
      refresh();
      toasts.undoable(t('article.deleted', { title: article.title }), () => void api.restoreArticle(article.id).then(refresh, toasts.failed));
    } catch (error) {
      toasts.failed(error, t('article.not_deleted'));
    }
  };

  return (
    <FormDrawer open={id !== null} onClose={close} title={shownId === NEW ? t('knowledge.new') : t('article.edit')} width={640} destroyOnHidden>
      {isNew && <Editor id={NEW} article={null} onSaved={saved} onDelete={close} />}
      {!isNew && query.isLoading && <ListSkeleton rows={3} />}
      {!isNew && query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {!isNew && query.data && <Editor key={query.data.id} id={query.data.id} article={query.data} onSaved={saved} onDelete={() => void remove(query.data)} />}
    </FormDrawer>
  );
}
