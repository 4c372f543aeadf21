import type { Device } from "../model/device.ts";
import { get } from "./http.ts";

export interface DeviceFilter {
  unit?: string;
  patient?: string;
  retired?: boolean;
}

export async function listDevices(filter: DeviceFilter): Promise<Device[]> {
  const devices: Device[] = [];
  let cursor: string | undefined;
  do {
    const page: { devices: Device[]; next_cursor?: string } = await get("/devices", { ...filter, limit: 1000, cursor });
    devices.push(...page.devices);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return devices;
}
