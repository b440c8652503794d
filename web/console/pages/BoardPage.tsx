import { Board } from '../modules/records/Board.tsx';

export default function BoardPage() {
  return <Board />;
}
