import { useQueryClient } from '@tanstack/react-query';
import { Button, Drawer, Form, Input } from 'antd';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError } from '../../../shared/api/client.ts';
import type { ContactInput } from '../../../shared/api/types.ts';
import { api, newKey } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { PHONE, useMedia } from '../../common/ui/useMedia.ts';

export interface NewContactProps {
  open: boolean;
  onClose: () => void;
}

export function NewContact({ open, onClose }: NewContactProps) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const phone = useMedia(PHONE);
  const [, navigate] = useLocation();
  const [form] = Form.useForm<ContactInput>();
  const [saving, setSaving] = useState(false);

  const save = async (values: ContactInput): Promise<void> => {
    const input = Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as ContactInput;
    setSaving(true);
    try {
      const contact = await api.createContact(input, newKey());
      void client.invalidateQueries({ queryKey: ['contacts'] });
      toasts.done(t('contact.created'));
      navigate(`/contacts/${contact.id}`);
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : [];
      for (const each of fields) form.setFields([{ name: each.path.replace(/^[/.]/, '') as keyof ContactInput, errors: [each.message] }]);
      toasts.failed(error, t('contact.not_saved'));
    } finally {
      setSaving(false);
    }
  };

  return (
    <Drawer open={open} onClose={onClose} title={t('contacts.new')} size={phone ? '100%' : 420} destroyOnHidden>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values: ContactInput) => void save(values)}>
        <Form.Item name="name" label={t('contact.name')} rules={[{ required: true, whitespace: true, message: t('contact.name_needed') }]}><Input autoFocus maxLength={200} autoComplete="off" /></Form.Item>
        <Form.Item name="email" label={t('contact.email')} rules={[{ type: 'email', message: t('contact.email_wrong') }]}><Input maxLength={254} autoComplete="off" /></Form.Item>
        <Form.Item name="phone" label={t('contact.phone')}><Input maxLength={30} autoComplete="off" /></Form.Item>
        <Form.Item name="title" label={t('contact.title')}><Input maxLength={200} autoComplete="off" /></Form.Item>
        <Button type="primary" htmlType="submit" loading={saving}>{t('contact.save')}</Button>
      </Form>
    </Drawer>
  );
}
