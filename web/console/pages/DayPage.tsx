import { MyDay } from '../modules/records/MyDay.tsx';

export default function DayPage() {
  return <MyDay />;
}
