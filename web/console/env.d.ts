declare module 'virtual:antd.css';
declare module 'virtual:tokens' {
  const tokens: { light: Record<string, string>; dark: Record<string, string> };
  export default tokens;
}
