/* The one line that puts the chat on a site, where the inbox is still empty. */
import { CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

export function EmbedCode() {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const code = `<script src="${location.origin}/widget/loader.js" data-language="${language}" async></script>`;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      toasts.done(t('embed.copied'));
    } catch (error) {
      toasts.failed(error);
    }
  };
  return (
    <div className="embed">
      <code className="embed-code" tabIndex={0} role="region" aria-label={t('embed.code')}>{code}</code>
      <Button icon={<CopyOutlined />} onClick={() => void copy()}>{t('embed.copy')}</Button>
    </div>
  );
}
