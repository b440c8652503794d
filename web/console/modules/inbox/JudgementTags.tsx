/* What a customer's message is thought to be. One click on a tag opens the other words; what is chosen is learnt. */
import { CheckOutlined } from '@ant-design/icons';
import { Popover } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Correction, Judgement, Mood } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useLive } from '../../common/live/Live.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';
import { INTENTS, intentText, MOODS, moodOf, UrgentMark } from '../../common/mood/Mood.tsx';

const WORDS_FRESH_MS = 60_000;

interface TagProps {
  label: string; /* of the menu */
  text: string;
  icon?: ReactNode;
  kind: string;
  isChecked: boolean; /* a person said so */
  chosen: string;
  words: { key: string; label: string; icon?: ReactNode }[];
  onChoose: (word: string) => void;
}

function Tag({ label, text, icon, kind, isChecked, chosen, words, onChoose }: TagProps) {
  const [open, setOpen] = useState(false);
  const choose = (word: string): void => {
    setOpen(false);
    onChoose(word);
  };
  const content = (
    <div className="word-menu" role="dialog" aria-label={label}>
      {words.map((each) => (
        <button key={each.key} type="button" className="link-button" aria-current={each.key === chosen} onClick={() => choose(each.key)}>
          {each.icon} {each.label}{each.key === chosen && <CheckOutlined aria-hidden />}
        </button>
      ))}
    </div>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomLeft" arrow={false} content={content} destroyOnHidden>
      <button type="button" className={`mood mood-${kind} mood-button small`} aria-haspopup="dialog" aria-expanded={open} aria-label={label}>
        {icon} {text}{isChecked && <CheckOutlined aria-hidden />}
      </button>
    </Popover>
  );
}

/* Those that messages are told apart by now, which a company's own classifier may have changed; until they are known, the usual ones. */
function useIntents(): readonly string[] {
  const { data } = useQuery({ queryKey: ['judgementWords'], queryFn: ({ signal }) => api.judgementWords(signal), staleTime: WORDS_FRESH_MS });
  const now = data?.intents ?? [];
  const usual: readonly string[] = INTENTS;
  return now.length ? [...usual.filter((each) => now.includes(each)), ...now.filter((each) => !usual.includes(each))] : usual;
}

export function JudgementTags({ judgement }: { judgement: Judgement }) {
  const { t } = useI18n();
  const { store } = useLive();
  const toasts = useToasts();
  const intents = useIntents();
  const mood = moodOf(judgement);
  const intent = judgement.corrected_intent ?? judgement.intent;

  /* Shown at once, taken back when the server refuses. */
  const put = async (words: Correction, before: Judgement): Promise<boolean> => {
    store.setJudgements([{ ...before, ...words }]);
    try {
      store.setJudgements([await api.correct(before.conversation_id, before.message_id, words)]);
      return true;
    } catch (error) {
      store.setJudgements([before]);
      toasts.failed(error, t('mood.not_corrected'));
      return false;
    }
  };
  const correct = async (change: Partial<Correction>): Promise<void> => {
    const { corrected_mood, corrected_intent } = judgement;
    const now = { corrected_mood, corrected_intent, ...change };
    if (await put(now, judgement)) {
      toasts.undoable(t('mood.corrected'), () => void put({ corrected_mood, corrected_intent }, { ...judgement, ...now }));
    }
  };

  return (
    <>
      <Tag label={t('mood.correct', { mood: t(`mood.${mood}`) })} text={t(`mood.${mood}`)} icon={MOODS[mood]} kind={mood} chosen={mood} isChecked={judgement.corrected_mood !== null}
        words={(Object.keys(MOODS) as Mood[]).map((key) => ({ key, label: t(`mood.${key}`), icon: MOODS[key] }))}
        onChoose={(word) => void correct({ corrected_mood: word as Mood })} />
      <Tag label={t('intent.correct', { intent: intentText(intent, t) })} text={intentText(intent, t)} kind="intent" chosen={intent} isChecked={judgement.corrected_intent !== null}
        words={intents.map((key) => ({ key, label: intentText(key, t) }))}
        onChoose={(word) => void correct({ corrected_intent: word })} />
      {judgement.urgent && <UrgentMark />}
    </>
  );
}
