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
}
