import { useEffect, useMemo, useState } from "preact/hooks";
import { getTrends, type Trends } from "../../api/board.ts";
import { inWords } from "../../api/problem.ts";
import type { Alert } from "../../model/alert.ts";
import { judgedBy } from "../../model/vital.ts";
import { clock } from "../../state/time.ts";
import { TrendChart } from "../../ui/TrendChart.tsx";

const BEFORE_US = 10 * 60e6;
const AFTER_US = 10 * 60e6;
const ALWAYS = ["heart_rate", "spo2"];

/** The quantities around the onset; the limit is drawn into the one that the rule judges. */
export function Around({ alert }: { alert: Alert }) {
  const [trends, setTrends] = useState<Trends>();
  const [refusal, setRefusal] = useState("");
  const { patient, rule, onset_us, priority, limit } = alert;
  const judged = judgedBy(rule);
  useEffect(() => {
    if (!patient || onset_us === undefined || !clock.isKnown) return;
    const codes = judged === undefined ? ALWAYS : [judged, ...ALWAYS.filter((code) => code !== judged)];
    let isCurrent = true;
    getTrends(patient, codes, onset_us - BEFORE_US, Math.min(onset_us + AFTER_US, clock.now_us()), 400).then(
      (read) => isCurrent && setTrends(read),
      (error: unknown) => isCurrent && setRefusal(inWords(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [patient, rule, onset_us]);
  const marks = useMemo(() => (onset_us === undefined ? [] : [{ at_us: onset_us, priority }]), [onset_us, priority]);
  if (!patient || onset_us === undefined) return null;
  return (
    <section class="card" aria-labelledby="around">
      <h2 id="around">Around the onset</h2>
      {refusal === "" ? null : <p class="muted">{refusal}</p>}
      {trends?.series.map((trend) => (
        <TrendChart
          key={trend.code}
          trend={trend}
          from_us={trends.from_us}
          until_us={trends.until_us}
          limit={trend.code === judged ? limit : undefined}
          marks={marks}
        />
      ))}
      <p class="muted">By the device's clock. The upright line is the onset{judged === undefined || limit === undefined ? "" : ", the dashed one the limit"}.</p>
    </section>
  );
}
