/* The Ant Design theme, computed from shared/tokens.css. Used twice: at build time to extract the
   stylesheet of both modes, and at run time with zeroRuntime, where only the class name matters. */
import { theme, type ThemeConfig } from 'antd';

export type Mode = 'light' | 'dark';

export function antdTheme(mode: Mode, tokens: Record<string, string>): ThemeConfig {
  const value = (name: string): string => {
    const found = tokens[name];
    if (found === undefined) throw new Error(`unknown token ${name}`);
    return found;
  };
  return {
    algorithm: mode === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm,
    hashed: false,
    zeroRuntime: true,
    cssVar: { key: `zy-${mode}` },
    token: {
      colorPrimary: value('primary'),
      colorPrimaryHover: value('primary-hover'),
      colorPrimaryActive: value('primary-hover'),
      colorSuccess: value('success'),
      colorWarning: value('warning'),
      colorError: value('danger'),
      colorErrorText: value('danger'),
      colorErrorHover: value('danger'),
      colorErrorActive: value('danger'),
      colorErrorBorderHover: value('danger'),
      colorInfo: value('primary'),
      colorSuccessBg: value('success-soft'),
      colorSuccessBorder: value('border'),
      colorWarningBg: value('warning-soft'),
      colorWarningBorder: value('border'),
      colorErrorBg: value('danger-soft'),
      colorErrorBorder: value('border'),
      colorInfoBg: value('primary-soft'),
      colorInfoBorder: value('border'),
      colorLink: value('link'),
      colorLinkHover: value('link'),
      colorLinkActive: value('link'),
      colorText: value('text'),
      colorTextSecondary: value('text-muted'),
      colorTextTertiary: value('text-muted'),
      colorTextDescription: value('text-muted'),
      colorTextPlaceholder: value('text-muted'),
      colorIcon: value('text-muted'),
      colorBgLayout: value('bg'),
      colorBgContainer: value('surface'),
      colorBgElevated: value('raised'),
      colorBorder: value('border-strong'),
      colorBorderSecondary: value('border'),
      fontFamily: value('font'),
      fontSize: 14,
      fontSizeSM: 12,
      fontSizeLG: 14,
      borderRadius: 8,
      controlHeight: 32,
      motionDurationMid: value('motion'),
      motionDurationSlow: value('motion'),
    },
    components: {
      Button: { defaultHoverColor: value('link'), defaultHoverBorderColor: value('link'), defaultActiveColor: value('link'), defaultActiveBorderColor: value('link') },
      Table: { headerBg: value('sunken'), cellPaddingBlock: 10, headerSplitColor: 'transparent' },
      Segmented: { trackBg: value('sunken'), itemColor: value('text-muted') },
      Form: { labelColor: value('text-muted'), verticalLabelPadding: '0 0 4px' },
    },
  };
}
