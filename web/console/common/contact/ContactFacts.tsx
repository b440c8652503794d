/* The facts of a contact, each editable where it stands. */
import { useQueryClient } from '@tanstack/react-query';
import { ApiError } from '../../../shared/api/client.ts';
import type { Contact, ContactInput } from '../../../shared/api/types.ts';
import { api } from '../api.ts';
import { useI18n } from '../i18n/I18n.tsx';
import { useToasts } from '../ui/Toasts.tsx';
import { InlineField } from './InlineField.tsx';

type Field = 'name' | 'email' | 'phone' | 'title';
const FIELDS: [Field, 'text' | 'email' | 'tel'][] = [['name', 'text'], ['email', 'email'], ['phone', 'tel'], ['title', 'text']];

export function ContactFacts({ contact }: { contact: Contact }) {
  const { t } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();

  const apply = async (change: ContactInput): Promise<void> => {
    const next = await api.updateContact(contact.id, change);
    client.setQueryData(['contact', contact.id], next);
    void client.invalidateQueries({ queryKey: ['contacts'] });
    void client.invalidateQueries({ queryKey: ['timeline', contact.id] });
  };
  const save = async (field: Field, value: string | null): Promise<void> => {
    const before = contact[field];
    try {
      await apply({ [field]: value });
      toasts.undoable(t('contact.saved'), () => void apply({ [field]: before }).catch(toasts.failed));
    } catch (error) {
      if (field === 'email' && error instanceof ApiError && error.fields.length > 0) toasts.failed(error, t('contact.email_wrong'));
      else toasts.failed(error, t('contact.not_saved'));
    }
  };

  return (
    <div className="facts">
      {FIELDS.map(([field, type]) => (
        <InlineField key={field} label={t(`contact.${field}`)} value={contact[field]} type={type} onSave={(value) => save(field, value)} />
      ))}
    </div>
  );
}
