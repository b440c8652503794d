/* The one line that puts the chat on a site, where the inbox is still empty. */
import { useI18n } from '../../common/i18n/I18n.tsx';
import { CopyText } from '../../common/ui/CopyText.tsx';

export function EmbedCode() {
  const { t, language } = useI18n();
  const code = `<script src="${location.origin}/widget/loader.js" data-language="${language}" async></script>`;
  return <CopyText text={code} label={t('embed.code')} copyLabel={t('embed.copy')} />;
}
