/* A text to take along: to be read, selected, copied. */
import { CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useI18n } from '../i18n/I18n.tsx';
import { useToasts } from './Toasts.tsx';

export interface CopyTextProps {
  text: string;
  label: string; /* what it is */
  copyLabel: string;
}

export function CopyText({ text, label, copyLabel }: CopyTextProps) {
  const { t } = useI18n();
  const toasts = useToasts();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toasts.done(t('copy.done'));
    } catch {
      toasts.refused(t('copy.failed'));
    }
  };
  return (
    <div className="embed">
      <code className="embed-code" tabIndex={0} role="region" aria-label={label}>{text}</code>
      <Button icon={<CopyOutlined />} onClick={() => void copy()}>{copyLabel}</Button>
    </div>
  );
}
