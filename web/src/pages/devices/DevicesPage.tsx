import { useEffect, useRef, useState } from "preact/hooks";
import { listDevices } from "../../api/devices.ts";
import { inWords } from "../../api/problem.ts";
import type { Device, Sent } from "../../model/device.ts";
import { moment } from "../../model/words.ts";
import { patientPath } from "../../router.ts";
import { now_s } from "../../state/time.ts";
import { Age } from "../../ui/Age.tsx";
import { Refusal } from "../../ui/Refusal.tsx";
import { useVirtual } from "../../ui/useVirtual.ts";

const ROW_PX = 44;

export function DevicesPage() {
  const [devices, setDevices] = useState<Device[]>();
  const [refusal, setRefusal] = useState<string>();
  const [text, setText] = useState("");
  useEffect(() => {
    listDevices({}).then(setDevices, (error: unknown) => setRefusal(inWords(error)));
  }, []);
  const wanted = text.trim().toLocaleLowerCase();
  const rows = (devices ?? []).filter((device) =>
    [device.device, device.model, device.unit, device.patient, device.gateway].some((part) => part?.toLocaleLowerCase().includes(wanted)),
  );
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>
          Devices <span class="muted">{devices ? rows.length : ""}</span>
        </h1>
        <label class="search">
          <span class="unseen">Search</span>
          <input class="input" type="search" placeholder="Device, model, patient" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
      </div>
      <Refusal text={refusal} />
      {devices && rows.length === 0 ? <div class="empty">No devices that you may see fit.</div> : <Rows rows={rows} />}
    </main>
  );
}

function Rows({ rows }: { rows: readonly Device[] }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, end } = useVirtual(body, rows.length, ROW_PX);
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Devices">
      <table class="table">
        <thead>
          <tr>
            {["Device", "Model", "Firmware", "Unit", "Patient", "Gateway", "State", "Last heard", "Clock off", "Battery", "Set aside"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <tr aria-hidden="true" style={{ height: `${first * ROW_PX}px` }} />
          {rows.slice(first, end).map((device) => (
            <Row key={device.device} device={device} />
          ))}
          <tr aria-hidden="true" style={{ height: `${(rows.length - end) * ROW_PX}px` }} />
        </tbody>
      </table>
    </div>
  );
}

function Row({ device }: { device: Device }) {
  const state = device.retired
    ? "retired"
    : device.lent_to
      ? `lent to ${device.lent_to}${device.lent_until_us ? ` until ${moment(device.lent_until_us, now_s.value * 1e6)}` : ""}`
      : device.patient
        ? "in use"
        : "free";
  return (
    <tr style={{ height: `${ROW_PX}px` }}>
      <th scope="row" class="named">
        {device.device}
      </th>
      <td class="named">{device.model}</td>
      <td class="named">{device.firmware}</td>
      <td class="named">{device.unit}</td>
      <td class="named">{device.patient ? <a href={patientPath(device.patient)}>{device.patient}</a> : ""}</td>
      <td class="named">{device.gateway || "speaks for itself"}</td>
      <td>{state}</td>
      <SentCells sent={device.sent} />
    </tr>
  );
}

const SKEW_MS_SHOWN = 1_000;

/** What came from the device. Its last reading has its age; nothing of it is a promise about now. */
function SentCells({ sent }: { sent: Sent | undefined }) {
  if (!sent) return <td colSpan={4}>sent nothing</td>;
  const { last_reading_us, skew_ms, battery_percent } = sent;
  const aside = sent.undecodable + sent.conflicting + sent.rejected;
  const off = skew_ms === undefined ? "" : Math.abs(skew_ms) < SKEW_MS_SHOWN ? "no" : `${(skew_ms / 1000).toFixed(1)} s`;
  return (
    <>
      <td>{last_reading_us === undefined ? "" : <Age at_us={last_reading_us} />}</td>
      <td>{off}</td>
      <td>{battery_percent === undefined ? "" : `${Math.round(battery_percent)} %`}</td>
      <td>
        {aside === 0 ? "0" : aside}
        {sent.lost > 0 ? `, ${sent.lost} lost` : ""}
      </td>
    </>
  );
}
