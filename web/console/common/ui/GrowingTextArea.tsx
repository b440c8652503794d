/* A text area as high as its text. Ant Design's autoSize measures through a style attribute, which
   the CSP refuses; setting the height by CSSOM is allowed. */
import { Input, type GetProps, type GetRef } from 'antd';
import { useLayoutEffect, useRef, type RefObject } from 'react';

export type TextAreaRef = GetRef<typeof Input.TextArea>;

export interface GrowingTextAreaProps extends Omit<GetProps<typeof Input.TextArea>, 'autoSize' | 'ref'> {
  minRows: number;
  maxRows: number;
  inputRef?: RefObject<TextAreaRef | null>;
}

const LINE_PX = 22;
const PADDING_PX = 18;

export function GrowingTextArea({ minRows, maxRows, inputRef, ...props }: GrowingTextAreaProps) {
  const own = useRef<TextAreaRef>(null);
  const ref = inputRef ?? own;
  useLayoutEffect(() => {
    const element = ref.current?.resizableTextArea?.textArea;
    if (!element) return;
    element.style.height = 'auto';
    const limit = maxRows * LINE_PX + PADDING_PX;
    element.style.height = `${Math.min(limit, Math.max(minRows * LINE_PX + PADDING_PX, element.scrollHeight + 2))}px`;
  }, [props.value, minRows, maxRows, ref]);
  return <Input.TextArea {...props} ref={ref} rows={minRows} />;
}
