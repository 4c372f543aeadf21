export interface Device {
  device: string;
  model: string;
  firmware: string;
  unit: string;
  gateway?: string;
  patient?: string;
  retired: boolean;
  lent_to?: string;
  lent_until_us?: number;
  /** What is known of it from what it sent; absent: it sent nothing. */
  sent?: Sent;
}

export interface Sent {
  /** Receipt time. */
  last_reading_us?: number;
  skew_ms?: number;
  battery_percent?: number;
  readings: number;
  undecodable: number;
  conflicting: number;
  rejected: number;
  lost: number;
}
