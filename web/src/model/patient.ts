// A patient as the server says it. Fields that the role may not see are absent.

export interface Profile {
  age_class: "adult" | "child" | "newborn" | "unknown";
  pregnant: boolean;
  spo2_scale_2: boolean;
  spo2_low_percent?: number;
  spo2_high_percent?: number;
  setting: "bedside" | "ward" | "home" | "device_clinic" | "unknown";
}

export interface Standby {
  reason?: string;
  by: string;
  since_us: number;
  until_us: number;
}

export type Presence = "admitted" | "discharged" | "died" | "merged";

export interface Patient {
  patient: string;
  unit: string;
  bed?: string;
  devices: string[];
  presence?: Presence;
  profile?: Profile;
  standby?: Standby;
  merged_into?: string;
}
