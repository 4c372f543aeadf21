import { useEffect, useMemo, useState } from "preact/hooks";
import { getTrends, type Trends as TrendsOf } from "../../api/board.ts";
import { inWords } from "../../api/problem.ts";
import { alertsByPatient } from "../../state/alerts.ts";
import { clock } from "../../state/time.ts";
import { vitalsOf } from "../../state/vitals.ts";
import { type Mark, TrendChart } from "../../ui/TrendChart.tsx";
import { Refusal } from "../../ui/Refusal.tsx";

const HOUR_US = 3_600e6;
const RANGES: readonly [string, number][] = [
  ["1 h", HOUR_US],
  ["6 h", 6 * HOUR_US],
  ["24 h", 24 * HOUR_US],
  ["7 d", 168 * HOUR_US],
  ["30 d", 720 * HOUR_US],
  ["1 y", 8_760 * HOUR_US],
];
const POINTS = 400;
const SHOWN_MAX = 4;

/** The course of the quantities, with the alerts that are open. */
export function Trends({ id }: { id: string }) {
  const [range_us, setRange] = useState(HOUR_US);
  const [trends, setTrends] = useState<TrendsOf>();
  const [refusal, setRefusal] = useState<string>();
  const codes = vitalsOf(id)
    .value.filter((vital) => vital.word === undefined)
    .slice(0, SHOWN_MAX)
    .map((vital) => vital.code)
    .join();
  useEffect(() => {
    if (codes === "" || !clock.isKnown) return;
    let isCurrent = true;
    const now_us = clock.now_us();
    getTrends(id, codes.split(","), now_us - range_us, now_us, POINTS).then(
      (read) => {
        if (!isCurrent) return;
        setTrends(read);
        setRefusal(undefined);
      },
      (error: unknown) => isCurrent && setRefusal(inWords(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [id, codes, range_us]);
  const alerts = alertsByPatient.value.get(id);
  const marks = useMemo<Mark[]>(
    () => (alerts ?? []).flatMap(({ onset_us, priority }) => (onset_us === undefined ? [] : [{ at_us: onset_us, priority }])),
    [alerts],
  );
  return (
    <section class="card" aria-labelledby="trends">
      <div class="page-head">
        <h2 id="trends">Trends</h2>
        <div class="choices" role="group" aria-label="How far back">
          {RANGES.map(([name, span_us]) => (
            <button key={name} type="button" class="button" aria-pressed={span_us === range_us} onClick={() => setRange(span_us)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      <Refusal text={refusal} />
      {trends?.series.map((trend) => (
        <TrendChart key={trend.code} trend={trend} from_us={trends.from_us} until_us={trends.until_us} marks={marks} />
      ))}
    </section>
  );
}
